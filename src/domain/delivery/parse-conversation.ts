/** Events about what people say on a pull request: comments, reviews, threads. What bots say is left out: loops. */
import { z } from "zod";
import type { CommentKind } from "../../adapters/postgres/review-comments.ts";
import type { DeliveryEvent, SaidComment } from "./delivery-event.ts";
import { type DeliveryOutcome, ignored, recorded } from "./delivery-outcome.ts";
import { account, anyAction, forgeId, type PayloadAccount, text } from "./github-payload.ts";

const place = {
  repository: z.object({ id: forgeId }),
  sender: z.object({ id: forgeId.nullish(), type: z.string().nullish() }).nullish(),
};
const numbered = z.object({ number: z.int32().positive() });
const identified = z.object({ id: forgeId });
/** A deleted account is null. */
const written = identified.extend({ user: account.nullish(), body: text.nullish() });

const issueComment = z.object({
  ...place,
  issue: numbered.extend({ pull_request: z.looseObject({}).nullish() }),
  comment: written,
});
const review = z.object({ ...place, pull_request: numbered, review: identified });
const reviewComment = z.object({
  ...place,
  pull_request: numbered,
  comment: written.extend({ in_reply_to_id: forgeId.nullish() }),
});
const reviewThread = z.object({ ...place, pull_request: numbered, thread: z.looseObject({}) });

export function parseComment(payload: object): DeliveryEvent {
  const { action } = anyAction.parse(payload);
  const parsed = issueComment.parse(payload);
  const { issue, comment } = parsed;
  if (!issue.pull_request) return { kind: "none", outcome: ignored("not_a_pull_request") };
  return conversation(parsed, issue.number, recorded("comment"), {
    deleted: action === "deleted" ? { kinds: ["summary", "answer"], id: comment.id } : null,
    said: action === "created" ? toSaid(parsed, { commentKind: "conversation", threadId: null }) : null,
  });
}

export function parseReview(payload: object): DeliveryEvent {
  const parsed = review.parse(payload);
  return conversation(parsed, parsed.pull_request.number, recorded("review"));
}

export function parseReviewComment(payload: object): DeliveryEvent {
  const { action } = anyAction.parse(payload);
  const parsed = reviewComment.parse(payload);
  const { pull_request: pull, comment } = parsed;
  const threadId = comment.in_reply_to_id ?? comment.id;
  return conversation(parsed, pull.number, recorded("review_comment"), {
    deleted: action === "deleted" ? { kinds: ["inline", "reply"], id: comment.id } : null,
    said: action === "created" ? toSaid(parsed, { commentKind: "thread", threadId }) : null,
  });
}

export function parseReviewThread(payload: object): DeliveryEvent {
  const parsed = reviewThread.parse(payload);
  return conversation(parsed, parsed.pull_request.number, recorded("review_thread"));
}

interface Sent {
  readonly repository: { readonly id: number };
  readonly sender?:
    | { readonly id?: number | null | undefined; readonly type?: string | null | undefined }
    | null
    | undefined;
}

interface Written extends Sent {
  readonly comment: {
    readonly id: number;
    readonly user?: PayloadAccount | null | undefined;
    readonly body?: string | null | undefined;
  };
}

/** Null: nobody wrote it who could be asked for what they may do, or somebody else sent it. */
function toSaid(
  { comment, sender }: Written,
  where: Pick<SaidComment, "commentKind" | "threadId">,
): SaidComment | null {
  const { id: commentId, user, body } = comment;
  if (!user || user.isBot || user.id !== sender?.id || !body) return null;
  return { ...where, commentId, author: { id: user.id, login: user.login }, body };
}

interface Happened {
  readonly deleted: { readonly kinds: readonly CommentKind[]; readonly id: number } | null;
  readonly said: SaidComment | null;
}

function conversation(
  { repository, sender }: Sent,
  number: number,
  outcome: DeliveryOutcome,
  { deleted, said }: Happened = { deleted: null, said: null },
): DeliveryEvent {
  if (sender?.type === "Bot") return { kind: "none", outcome: ignored("bot") };
  return {
    kind: "conversation",
    repositoryId: repository.id,
    number,
    deletedComment: deleted,
    said,
    outcome,
  };
}
