/** Reads the reactions of one installation's comments during one cycle: in batches, and one by one where that fails. */
import type { ReactionBatch, ReactionRead } from "../../adapters/forge/forge.ts";
import type { DueBatch, DueComment, PollableInstallation } from "../../adapters/postgres/comment-polls.ts";
import type { ForgeContext } from "../../context.ts";
import { ReviewdError } from "../../errors.ts";
import type { CommentRead } from "./settle-read.ts";
import { createSingleReader } from "./single-reader.ts";
import type { Turn } from "./turn.ts";

/** Points that must be left of the hourly budget; a batch costs one. */
const leastPoints = 100;

export interface BatchRead {
  /** By the comment's id. What is not in here was not read, or not to the end. */
  readonly reads: ReadonlyMap<string, CommentRead>;
  /** GraphQL points the reading cost. */
  readonly points: number;
  /** Set when the installation is near its limit and shall be left alone until then. */
  readonly restUntil: Date | null;
  /** Set when the installation could not be read any further; what was read before it counts. */
  readonly failure: ReviewdError | null;
}

export interface ReactionReader {
  /** Those that are early are read only as part of a batch. */
  readonly read: (due: Pick<DueBatch, "comments" | "early">) => Promise<BatchRead>;
}

/** @param turn when it is over, no further comment is read by itself */
export function createReactionReader(
  { forge, log }: Pick<ForgeContext, "forge" | "log">,
  installation: PollableInstallation,
  turn: Turn,
): ReactionReader {
  let batchesBroken = false;
  const readSingle = createSingleReader({ forge, log }, installation, turn);

  const readBatch = async (comments: readonly DueComment[]): Promise<ReactionBatch | null> => {
    if (batchesBroken) return null;
    try {
      return await forge.readReactions(
        installation.externalId,
        comments.map(({ nodeId }) => nodeId),
      );
    } catch (error) {
      if (!(error instanceof ReviewdError) || error.code !== "unavailable") throw error;
      log.warn({ err: error }, "reading in batches fails, reading one by one for this cycle");
      batchesBroken = true;
      return null;
    }
  };

  const read: ReactionReader["read"] = async ({ comments, early }) => {
    const batch = await readBatch([...comments, ...early]);
    const points = batch?.points ?? 0;
    const restUntil = restUntilOf(batch);
    const answers = answersOf(batch, comments);
    const reads = readsOf([...comments, ...early], answers);
    for (const comment of comments) {
      const answer = answers.get(comment.nodeId);
      if (!answer || isSettled(comment, answer)) continue;
      const read = await readSingle(comment, batch === null);
      if (read instanceof ReviewdError) return { reads, points, restUntil, failure: read };
      if (read) reads.set(comment.id, read);
    }
    return { reads, points, restUntil, failure: null };
  };

  return { read };
}

function restUntilOf(batch: ReactionBatch | null): Date | null {
  const limit = batch?.limit;
  return limit && limit.pointsLeft < leastPoints ? new Date(limit.resetAt) : null;
}

/** By the comment's id: what was answered to the end. */
function readsOf(
  comments: readonly DueComment[],
  answers: ReadonlyMap<string, ReactionRead>,
): Map<string, CommentRead> {
  const reads = new Map<string, CommentRead>();
  for (const comment of comments) {
    const answer = answers.get(comment.nodeId);
    if (answer && isSettled(comment, answer)) reads.set(comment.id, answer);
  }
  return reads;
}

/**
 * What is missing the second time is asked for by itself before it is taken for gone: in a batch, a comment of a
 * repository that was taken out of the installation, or moved to another one, looks the same.
 */
function isSettled(
  { missingCount }: DueComment,
  answer: ReactionRead,
): answer is Exclude<ReactionRead, { readonly state: "partial" }> {
  return answer.state === "complete" || (answer.state === "missing" && missingCount === 0);
}

/** By node id. Without a batch each comment is to be read by itself, as one that was answered in part. */
function answersOf(
  batch: ReactionBatch | null,
  comments: readonly DueComment[],
): ReadonlyMap<string, ReactionRead> {
  const answers = batch?.reads ?? comments.map(({ nodeId }) => ({ nodeId, state: "partial" as const }));
  return new Map(answers.map((answer) => [answer.nodeId, answer]));
}
