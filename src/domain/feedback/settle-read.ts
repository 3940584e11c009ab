/** What one reading of a comment means for it. Pure. */
import type { Reaction } from "../../adapters/forge/forge.ts";
import type { DueComment, RecordedRead } from "../../adapters/postgres/comment-polls.ts";
import type { SeenReaction } from "../../adapters/postgres/review-feedback.ts";
import { nextCycleAt, nextPollAt, type PollSchedule } from "./next-poll-at.ts";

/**
 * Only what the forge answered to the end: a comment read in part, or not at all, has no reading. One that is hidden may
 * exist: its repository is not to be seen.
 */
export type CommentRead =
  | { readonly state: "complete"; readonly reactions: readonly Reaction[] }
  | { readonly state: "missing" | "hidden" };

/** The forge answers "missing" for a moment at times, so a comment is gone when it was missing twice in a row. */
const missingToBeGone = 2;

export interface ReadingTime {
  readonly schedule: PollSchedule;
  /** When the cycle began. */
  readonly now: Date;
  /** From 0 to 1. */
  readonly random: number;
}

export function settleRead(
  comment: DueComment,
  read: CommentRead,
  { schedule, now, random }: ReadingTime,
): RecordedRead {
  const { id: commentId, plannedAt } = comment;
  if (read.state !== "missing") {
    return {
      ...{ commentId, plannedAt, gone: false },
      missingCount: read.state === "complete" ? 0 : comment.missingCount,
      nextPollAt: nextPollAt(comment, schedule, now, random),
    };
  }
  const missingCount = comment.missingCount + 1;
  const gone = missingCount >= missingToBeGone;
  const again = gone ? null : nextCycleAt(schedule, now);
  return { commentId, plannedAt, missingCount, gone, nextPollAt: again };
}

/** The reactions that are feedback: a program's are not, and our own account is one. Somebody unknown is somebody. */
export function countedReactions(commentId: string, reactions: readonly Reaction[]): readonly SeenReaction[] {
  return reactions
    .filter(({ reactor }) => !reactor?.isBot)
    .map(({ id, content, createdAt, reactor }) => ({
      commentId,
      externalId: id,
      reactorExternalId: reactor?.id ?? null,
      reactorLogin: reactor?.login ?? null,
      content,
      createdAt,
    }));
}
