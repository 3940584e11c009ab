/** What is said on a pull request: people are there, so the reactions to our comments are read soon. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { findPullRequest } from "../../adapters/postgres/pull-requests.ts";
import { findRepository } from "../../adapters/postgres/repositories.ts";
import { makeCommentsDue, markCommentGone } from "../../adapters/postgres/review-comments.ts";
import type { DeliveryEvent } from "./delivery-event.ts";
import { type DeliveryOutcome, ignored, recorded } from "./delivery-outcome.ts";
import type { Intake } from "./intake.ts";

export async function applyConversation(
  tx: Tx,
  { forge, host }: Intake,
  event: Extract<DeliveryEvent, { kind: "conversation" }>,
): Promise<DeliveryOutcome> {
  const repository = await findRepository(tx, { forge, host, externalId: event.repositoryId });
  if (!repository) return ignored("unknown_repository");
  const pullRequest = await findPullRequest(tx, repository.id, event.number);
  if (!pullRequest) return ignored("unknown_pull_request");
  await makeCommentsDue(tx, pullRequest.id);
  const { deletedComment: deleted } = event;
  const gone =
    deleted && (await markCommentGone(tx, { forge, host, kind: deleted.kind, externalId: deleted.id }));
  return gone ? recorded("comment_deleted") : event.outcome;
}
