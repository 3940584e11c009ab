/**
 * What is said on a pull request: people are there, so the reactions to our comments are read soon; what they ask of us
 * is noted, for a dispatcher to do; and what they made of our comments is kept.
 */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { type FeedbackPlace, removeReply } from "../../adapters/postgres/conversation-feedback.ts";
import { findPullRequest } from "../../adapters/postgres/pull-requests.ts";
import { findRepository } from "../../adapters/postgres/repositories.ts";
import {
  type CommentKind,
  findComment,
  makeCommentsDue,
  markCommentGone,
} from "../../adapters/postgres/review-comments.ts";
import { receiveCommand } from "../command/receive-command.ts";
import type { DeliveryEvent } from "./delivery-event.ts";
import { type DeliveryOutcome, ignored, recorded } from "./delivery-outcome.ts";
import type { Intake } from "./intake.ts";
import { storeFeedback } from "./store-feedback.ts";

export async function applyConversation(
  tx: Tx,
  intake: Intake,
  event: Extract<DeliveryEvent, { kind: "conversation" }>,
): Promise<DeliveryOutcome> {
  const { forge, host } = intake;
  const repository = await findRepository(tx, { forge, host, externalId: event.repositoryId });
  if (!repository) return ignored("unknown_repository");
  const pullRequest = await findPullRequest(tx, repository.id, event.number);
  if (!pullRequest) return ignored("unknown_pull_request");
  await makeCommentsDue(tx, pullRequest.id);
  const { deletedComment: deleted, said, feedback } = event;
  const feedbackPlace = { forge, host, pullRequestId: pullRequest.id };
  if (deleted && (await markGone(tx, feedbackPlace, deleted))) return recorded("comment_deleted");
  const command = said && (await receiveCommand(tx, { forge, host, pullRequest, said }));
  if (command) {
    // An edit of it may have come first, and was taken for a reply.
    if (feedback?.kind === "reply") await removeReply(tx, feedbackPlace, feedback);
    return recorded(command);
  }
  const stored = feedback && (await storeFeedback(tx, feedbackPlace, feedback));
  return stored ? recorded(stored) : event.outcome;
}

/** False: the comment was none of ours on this pull request. */
async function markGone(
  tx: Tx,
  { forge, host, pullRequestId }: FeedbackPlace,
  { kinds, id }: { readonly kinds: readonly CommentKind[]; readonly id: number },
): Promise<boolean> {
  for (const kind of kinds) {
    const comment = await findComment(tx, { forge, host, kind, externalId: id });
    if (comment?.pullRequestId === pullRequestId) return await markCommentGone(tx, comment);
  }
  return false;
}
