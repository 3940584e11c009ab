/**
 * Events about what people say on a pull request: comments, reviews, threads. What bots say is left out: loops. That they
 * take back what a person said counts.
 */
import { z } from "zod";
import type { CommentKind } from "../../adapters/postgres/review-comments.ts";
import type { DeliveryEvent, Person, SaidComment, SaidFeedback } from "./delivery-event.ts";
import { type DeliveryOutcome, ignored, recorded } from "./delivery-outcome.ts";
import { account, anyAction, forgeId, type PayloadAccount, text, time } from "./github-payload.ts";

const place = {
  repository: z.object({ id: forgeId }),
  sender: z.object({ id: forgeId.nullish(), login: text.nullish(), type: z.string().nullish() }).nullish(),
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
  comment: written.extend({
    in_reply_to_id: forgeId.nullish(),
    created_at: time.nullish(),
    updated_at: time.nullish(),
  }),
  changes: z.object({ body: z.object({ from: text }).nullish() }).nullish(),
});
type ReviewComment = z.output<typeof reviewComment>;
const reviewThread = z.object({
  ...place,
  pull_request: numbered,
  thread: z.object({ comments: z.array(identified).nullish() }),
  updated_at: time.nullish(),
});

export function parseComment(payload: object): DeliveryEvent {
  const { action } = anyAction.parse(payload);
  const parsed = issueComment.parse(payload);
  const { issue, comment } = parsed;
  if (!issue.pull_request) return { kind: "none", outcome: ignored("not_a_pull_request") };
  return conversation(parsed, issue.number, recorded("comment"), {
    ...nothingHappened,
    deleted: action === "deleted" ? { kinds: ["summary", "answer"], id: comment.id } : null,
    said: action === "created" ? toSaid(parsed, { commentKind: "conversation", threadId: null }) : null,
  });
}

export function parseReview(payload: object): DeliveryEvent {
  const { action } = anyAction.parse(payload);
  const parsed = review.parse(payload);
  const dismissal = { kind: "dismissal", reviewId: parsed.review.id, by: senderOf(parsed) } as const;
  const feedback = action === "dismissed" ? dismissal : null;
  return conversation(parsed, parsed.pull_request.number, recorded("review"), {
    ...nothingHappened,
    feedback,
  });
}

export function parseReviewComment(payload: object): DeliveryEvent {
  const { action } = anyAction.parse(payload);
  const parsed = reviewComment.parse(payload);
  const { pull_request: pull, comment } = parsed;
  const threadId = comment.in_reply_to_id ?? comment.id;
  return conversation(parsed, pull.number, recorded("review_comment"), {
    deleted: action === "deleted" ? { kinds: ["inline", "reply"], id: comment.id } : null,
    said: action === "created" ? toSaid(parsed, { commentKind: "thread", threadId }) : null,
    feedback: toReply(action, parsed),
  });
}

export function parseReviewThread(payload: object): DeliveryEvent {
  const { action } = anyAction.parse(payload);
  const parsed = reviewThread.parse(payload);
  return conversation(parsed, parsed.pull_request.number, recorded("review_thread"), {
    ...nothingHappened,
    feedback: toThread(action, parsed),
  });
}

interface Sent {
  readonly repository: { readonly id: number };
  readonly sender?:
    | {
        readonly id?: number | null | undefined;
        readonly login?: string | null | undefined;
        readonly type?: string | null | undefined;
      }
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

/** Null: a thread begins with it, a program wrote it, or nothing changed that is kept. */
function toReply(action: string, { comment, changes }: ReviewComment): SaidFeedback | null {
  const { id: commentId, in_reply_to_id: threadId, user } = comment;
  if (!threadId || user?.isBot) return null;
  const author: Person = user ? { id: user.id, login: user.login } : null;
  const times = { createdAt: comment.created_at ?? null, changedAt: comment.updated_at ?? null };
  const reply = { kind: "reply" as const, commentId, threadId, author, ...times };
  const formerText = changes?.body?.from ?? null;
  switch (action) {
    case "created":
    case "edited":
      return { ...reply, text: comment.body ?? "", formerText };
    case "deleted":
      return { ...reply, text: null, formerText: null };
    default:
      return null;
  }
}

/** Null: nothing changed that is kept. */
function toThread(action: string, event: z.output<typeof reviewThread>): SaidFeedback | null {
  if (action !== "resolved" && action !== "unresolved") return null;
  const commentIds = (event.thread.comments ?? []).map(({ id }) => id);
  const changedAt = event.updated_at ?? null;
  return { kind: "thread", commentIds, isResolved: action === "resolved", by: senderOf(event), changedAt };
}

function senderOf({ sender }: Sent): Person {
  return sender?.id ? { id: sender.id, login: sender.login ?? null } : null;
}

interface Happened {
  readonly deleted: { readonly kinds: readonly CommentKind[]; readonly id: number } | null;
  readonly said: SaidComment | null;
  readonly feedback: SaidFeedback | null;
}

const nothingHappened: Happened = { deleted: null, said: null, feedback: null };

function conversation(
  { repository, sender }: Sent,
  number: number,
  outcome: DeliveryOutcome,
  { deleted, said, feedback }: Happened = nothingHappened,
): DeliveryEvent {
  if (sender?.type === "Bot" && !(feedback && isTakenBack(feedback))) {
    return { kind: "none", outcome: ignored("bot") };
  }
  return {
    ...{ kind: "conversation", repositoryId: repository.id, number },
    ...{ deletedComment: deleted, said, feedback, outcome },
  };
}

function isTakenBack(feedback: SaidFeedback): boolean {
  switch (feedback.kind) {
    case "reply":
      return feedback.text === null;
    case "thread":
      return !feedback.isResolved;
    case "dismissal":
      return false;
  }
}
