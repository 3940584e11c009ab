/** Reads the reactions of one installation's comments during one cycle: in batches, and one by one where that fails. */
import type { ReactionBatch, ReactionRead } from "../../adapters/forge/forge.ts";
import type { DueBatch, DueComment, PollableInstallation } from "../../adapters/postgres/comment-polls.ts";
import type { ForgeContext } from "../../context.ts";
import { ReviewdError } from "../../errors.ts";
import type { CommentRead } from "./settle-read.ts";
import { createSingleReader } from "./single-reader.ts";

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

/** @param signal when aborted, no further comment is read by itself */
export function createReactionReader(
  { forge, log }: Pick<ForgeContext, "forge" | "log">,
  installation: PollableInstallation,
  signal: AbortSignal,
): ReactionReader {
  let batchesBroken = false;
  const readSingle = createSingleReader({ forge, log }, installation, signal);

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
    const restUntil = batch && batch.pointsLeft < leastPoints ? new Date(batch.resetAt) : null;
    const answers = answersOf(batch, comments);
    const reads = readsOf(early, answers);
    for (const comment of comments) {
      const answer = answers.get(comment.nodeId);
      const read = answer?.state === "partial" ? await readSingle(comment) : answer;
      if (read instanceof ReviewdError) return { reads, points, restUntil, failure: read };
      if (read) reads.set(comment.id, read);
    }
    return { reads, points, restUntil, failure: null };
  };

  return { read };
}

/** By the comment's id: what was answered to the end. */
function readsOf(
  comments: readonly DueComment[],
  answers: ReadonlyMap<string, ReactionRead>,
): Map<string, CommentRead> {
  const reads = new Map<string, CommentRead>();
  for (const { id, nodeId } of comments) {
    const answer = answers.get(nodeId);
    if (answer && answer.state !== "partial") reads.set(id, answer);
  }
  return reads;
}

/** By node id. Without a batch each comment is to be read by itself, as one that was answered in part. */
function answersOf(
  batch: ReactionBatch | null,
  comments: readonly DueComment[],
): ReadonlyMap<string, ReactionRead> {
  const answers = batch?.reads ?? comments.map(({ nodeId }) => ({ nodeId, state: "partial" as const }));
  return new Map(answers.map((answer) => [answer.nodeId, answer]));
}
