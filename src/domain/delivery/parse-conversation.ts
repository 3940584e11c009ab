/** Events about what people say on a pull request: comments, reviews, threads. What bots say is left out: loops. */
import { z } from "zod";
import type { CommentKind } from "../../adapters/postgres/review-comments.ts";
import type { DeliveryEvent } from "./delivery-event.ts";
import { type DeliveryOutcome, ignored, recorded } from "./delivery-outcome.ts";
import { anyAction, forgeId } from "./github-payload.ts";

const place = {
  repository: z.object({ id: forgeId }),
  sender: z.object({ type: z.string().nullish() }).nullish(),
};
const numbered = z.object({ number: z.int32().positive() });
const identified = z.object({ id: forgeId });

const issueComment = z.object({
  ...place,
  issue: numbered.extend({ pull_request: z.looseObject({}).nullish() }),
  comment: identified,
});
const review = z.object({ ...place, pull_request: numbered, review: identified });
const reviewComment = z.object({ ...place, pull_request: numbered, comment: identified });
const reviewThread = z.object({ ...place, pull_request: numbered, thread: z.looseObject({}) });

export function parseComment(payload: object): DeliveryEvent {
  const { action } = anyAction.parse(payload);
  const parsed = issueComment.parse(payload);
  if (!parsed.issue.pull_request) return { kind: "none", outcome: ignored("not_a_pull_request") };
  const deletedId = action === "deleted" ? parsed.comment.id : null;
  return conversation(parsed, parsed.issue.number, recorded("comment"), { kind: "summary", id: deletedId });
}

export function parseReview(payload: object): DeliveryEvent {
  const parsed = review.parse(payload);
  return conversation(parsed, parsed.pull_request.number, recorded("review"));
}

export function parseReviewComment(payload: object): DeliveryEvent {
  const { action } = anyAction.parse(payload);
  const parsed = reviewComment.parse(payload);
  const deletedId = action === "deleted" ? parsed.comment.id : null;
  const outcome = recorded("review_comment");
  return conversation(parsed, parsed.pull_request.number, outcome, { kind: "inline", id: deletedId });
}

export function parseReviewThread(payload: object): DeliveryEvent {
  const parsed = reviewThread.parse(payload);
  return conversation(parsed, parsed.pull_request.number, recorded("review_thread"));
}

interface Said {
  readonly repository: { readonly id: number };
  readonly sender?: { readonly type?: string | null | undefined } | null | undefined;
}

function conversation(
  { repository, sender }: Said,
  number: number,
  outcome: DeliveryOutcome,
  deleted: { readonly kind: CommentKind; readonly id: number | null } = { kind: "reply", id: null },
): DeliveryEvent {
  if (sender?.type === "Bot") return { kind: "none", outcome: ignored("bot") };
  const deletedComment = deleted.id === null ? null : { kind: deleted.kind, id: deleted.id };
  return { kind: "conversation", repositoryId: repository.id, number, deletedComment, outcome };
}
