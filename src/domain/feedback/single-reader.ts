/** Reads comments one by one during a cycle, within a bound: those with many reactions, and all when batches fail. */
import { InstallationUnavailableError } from "../../adapters/forge/forge.ts";
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

/** Null: left for the next cycle. An error: the installation cannot be read any further. */
type SingleReader = (comment: DueComment) => Promise<CommentRead | ReviewdError | null>;

/** @param signal when aborted, no further comment is read */
export function createSingleReader(
  { forge, log }: Pick<ForgeContext, "forge" | "log">,
  installation: PollableInstallation,
  signal: AbortSignal,
): SingleReader {
  let readsLeft = maxSingleReads;
  let brokenReadsLeft = maxBrokenReads;

  const takeRead = () => {
    if (readsLeft === 0 || signal.aborted) return false;
    readsLeft--;
    return true;
  };

  return async (comment) => {
    if (!takeRead()) return null;
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
