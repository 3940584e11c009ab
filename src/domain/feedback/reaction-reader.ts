/** Reads the reactions of one installation's comments during one cycle: in batches, and one by one where that fails. */
import {
  InstallationUnavailableError,
  type ReactionBatch,
  type ReactionRead,
} from "../../adapters/forge/forge.ts";
import type { DueComment, PollableInstallation } from "../../adapters/postgres/comment-polls.ts";
import type { ForgeContext } from "../../context.ts";
import { ReviewdError } from "../../errors.ts";
import type { CommentRead } from "./settle-read.ts";

/**
 * Comments read one by one in a cycle, at most. Each is a REST call (more for over 100 reactions) out of the 5,000 an
 * hour that publishing lives on; at the usual 12 cycles an hour this leaves three quarters of them.
 */
const maxSingleReads = 100;
/** Single reads that may break before the forge is taken to be down altogether. */
const maxBrokenReads = 3;
/** Points that must be left of the hourly budget; a batch costs one. */
const leastPoints = 100;

export interface BatchRead {
  /** By the comment's id. What is not in here was not read, or not to the end. */
  readonly reads: ReadonlyMap<string, CommentRead>;
  /** Set when the installation is near its limit and shall be left alone until then. */
  readonly restUntil: Date | null;
  /** Set when the installation could not be read any further; what was read before it counts. */
  readonly failure: ReviewdError | null;
}

export interface ReactionReader {
  readonly read: (comments: readonly DueComment[]) => Promise<BatchRead>;
}

/** @param signal when aborted, no further comment is read by itself */
export function createReactionReader(
  { forge, log }: Pick<ForgeContext, "forge" | "log">,
  installation: PollableInstallation,
  signal: AbortSignal,
): ReactionReader {
  let batchesBroken = false;
  let singleReadsLeft = maxSingleReads;
  let brokenReadsLeft = maxBrokenReads;

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

  const takeSingleRead = () => {
    if (singleReadsLeft === 0 || signal.aborted) return false;
    singleReadsLeft--;
    return true;
  };

  /** Null: left for the next cycle. An error: the installation cannot be read any further. */
  const readSingle = async (comment: DueComment): Promise<CommentRead | ReviewdError | null> => {
    if (!takeSingleRead()) return null;
    const { kind, externalId: id, repositoryId, fullName } = comment;
    const repository = { installationId: installation.externalId, repositoryId, fullName };
    try {
      return { state: "complete", reactions: await forge.listReactions(repository, { kind, id }) };
    } catch (error) {
      if (!(error instanceof ReviewdError)) throw error;
      const failure = failureOf(error);
      if (failure === "missing") return { state: "missing" };
      if (failure === "barred" || (failure === "broken" && --brokenReadsLeft === 0)) return error;
      log.warn({ err: error, commentId: comment.id }, "comment not read, left for the next cycle");
      return null;
    }
  };

  const read = async (comments: readonly DueComment[]): Promise<BatchRead> => {
    const batch = await readBatch(comments);
    const restUntil = batch && batch.pointsLeft < leastPoints ? new Date(batch.resetAt) : null;
    const answers = answersOf(batch, comments);
    const reads = new Map<string, CommentRead>();
    for (const comment of comments) {
      const answer = answers.get(comment.nodeId);
      const read = answer?.state === "partial" ? await readSingle(comment) : answer;
      if (read instanceof ReviewdError) return { reads, restUntil, failure: read };
      if (read) reads.set(comment.id, read);
    }
    return { reads, restUntil, failure: null };
  };

  return { read };
}

/** By node id. Without a batch each comment is to be read by itself, as one that was answered in part. */
function answersOf(
  batch: ReactionBatch | null,
  comments: readonly DueComment[],
): ReadonlyMap<string, ReactionRead> {
  const answers = batch?.reads ?? comments.map(({ nodeId }) => ({ nodeId, state: "partial" as const }));
  return new Map(answers.map((answer) => [answer.nodeId, answer]));
}

/** Whom it concerns: the comment is missing or refused; something is broken; nothing may be read at all for now. */
function failureOf(error: ReviewdError): "missing" | "refused" | "broken" | "barred" {
  switch (error.code) {
    case "not_found":
      return "missing";
    case "invalid_input":
    case "conflict":
      return "refused";
    case "forbidden":
      return error instanceof InstallationUnavailableError ? "barred" : "broken";
    case "unavailable":
      return "broken";
    case "rate_limited":
      return "barred";
  }
}
