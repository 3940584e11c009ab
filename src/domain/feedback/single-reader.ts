/** Reads comments one by one during a cycle, within bounds: those with many reactions, and all when batches fail. */
import { InstallationUnavailableError, notGranted } from "../../adapters/forge/forge.ts";
import type { DueComment, PollableInstallation } from "../../adapters/postgres/comment-polls.ts";
import type { ForgeContext } from "../../context.ts";
import { ReviewdError } from "../../errors.ts";
import type { CommentRead } from "./settle-read.ts";
import type { Turn } from "./turn.ts";

/** REST calls in a cycle, at most, so that what an hour may cost is not spent at once. */
const maxCalls = 100;
/** Reactions in an answer. A list of more than one answer is read twice. */
const pageSize = 100;
/** Single reads that may break before no more are tried in this cycle. */
const maxBrokenReads = 3;

/** Null: left for the next cycle. An error: the installation cannot be read any further. */
type SingleReader = (
  comment: DueComment,
  batchesBroken: boolean,
) => Promise<CommentRead | ReviewdError | null>;

/** @param turn when it is over, no further comment is read */
export function createSingleReader(
  { forge, log }: Pick<ForgeContext, "forge" | "log">,
  installation: PollableInstallation,
  turn: Turn,
): SingleReader {
  let callsLeft = turn.spendCalls(0) ? maxCalls : 0;
  let brokenReadsLeft = maxBrokenReads;

  const count = (calls: number) => {
    callsLeft = turn.spendCalls(calls) ? callsLeft - calls : 0;
  };

  const settle = (
    error: ReviewdError,
    comment: DueComment,
    batchesBroken: boolean,
  ): CommentRead | ReviewdError | null => {
    const failure = failureOf(error);
    if (failure === "missing" || failure === "hidden") return { state: failure };
    if (failure === "barred") return error;
    if (failure === "broken" && --brokenReadsLeft === 0) {
      callsLeft = 0;
      // Where batches work, the other comments are read all the same.
      if (batchesBroken) return error;
    }
    log.warn({ err: error, commentId: comment.id }, "comment not read, left for the next cycle");
    return null;
  };

  return async (comment, batchesBroken) => {
    if (callsLeft <= 0 || turn.isOver()) return null;
    count(1);
    const { kind, externalId: id, repositoryId, fullName } = comment;
    const repository = { installationId: installation.externalId, repositoryId, fullName };
    try {
      const reactions = await forge.listReactions(repository, { kind, id });
      count(callsOf(reactions.length) - 1);
      return { state: "complete", reactions };
    } catch (error) {
      if (error instanceof ReviewdError) return settle(error, comment, batchesBroken);
      throw error;
    }
  };
}

function callsOf(reactions: number): number {
  return reactions <= pageSize ? 1 : 2 * Math.ceil(reactions / pageSize);
}

/**
 * Whom it concerns: the comment is missing, or refused; its repository is not to be seen; something is broken; nothing
 * may be read at all for now.
 */
function failureOf(error: ReviewdError): "missing" | "refused" | "hidden" | "broken" | "barred" {
  switch (error.code) {
    case "not_found":
      return "missing";
    case "invalid_input":
    case "conflict":
      return "refused";
    case "forbidden":
      if (error instanceof InstallationUnavailableError) return "barred";
      return error.reason === notGranted ? "hidden" : "broken";
    case "unavailable":
      return "broken";
    case "rate_limited":
      return "barred";
  }
}
