/** Keeps what people made of what we posted, as webhooks tell it. */
import { isCommand } from "../../adapters/postgres/commands.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import {
  type FeedbackPlace,
  removeReply,
  storeDismissal,
  storeReply,
  storeThread,
} from "../../adapters/postgres/conversation-feedback.ts";
import type { SaidFeedback } from "./delivery-event.ts";
import type { RecordedReason } from "./delivery-outcome.ts";

/** Null: it is about nothing of ours. */
export async function storeFeedback(
  tx: Tx,
  place: FeedbackPlace,
  feedback: SaidFeedback,
): Promise<RecordedReason | null> {
  switch (feedback.kind) {
    case "reply":
      return await storeSaid(tx, place, feedback);
    case "thread":
      if (!(await storeThread(tx, place, feedback))) return null;
      return feedback.isResolved ? "thread_resolved" : "thread_reopened";
    case "dismissal":
      return (await storeDismissal(tx, place, feedback)) ? "review_dismissed" : null;
  }
}

async function storeSaid(
  tx: Tx,
  place: FeedbackPlace,
  { text, ...reply }: Extract<SaidFeedback, { kind: "reply" }>,
): Promise<RecordedReason | null> {
  if (text === null) return (await removeReply(tx, place, reply)) ? "reply_deleted" : null;
  const { forge, host } = place;
  // What was asked of us stays a command when it is edited.
  if (await isCommand(tx, { forge, host, commentKind: "thread", commentId: reply.commentId })) return null;
  return (await storeReply(tx, place, { ...reply, text })) ? "reply" : null;
}
