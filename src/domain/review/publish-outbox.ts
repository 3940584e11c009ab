/**
 * Writes what nobody runs for any more: what tasks that are over still owe the forge (closed checks, and the record of
 * what may have been posted), and replies to commands.
 */

import { delayPublication, findOutbox } from "../../adapters/postgres/outbox.ts";
import { endPublication, lockPullRequest, type Publication } from "../../adapters/postgres/publications.ts";
import { getPullRequestPlace } from "../../adapters/postgres/pull-request-place.ts";
import { isTaskOver } from "../../adapters/postgres/task-retries.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import { withCorrelation } from "../../correlation.ts";
import { isTransient, ReviewdError } from "../../errors.ts";
import { retryDelayMs } from "../task/settlement.ts";
import { checkWrite } from "./check-write.ts";
import { noticeWrite } from "./notice-write.ts";
import { replyWrite } from "./reply-write.ts";
import { reviewWrite } from "./review-write.ts";
import { RunEnded } from "./run-ended.ts";
import { summaryWrite } from "./summary-write.ts";
import { threadWrite } from "./thread-write.ts";
import { adoptOnly, settleMs, writeOnce } from "./write-once.ts";
import { inFence, type PublishContext, repositoryOf, type Writer } from "./writer.ts";

/** Publications looked at in one pass, so that a pass stays short; the next one goes on. */
const batchSize = 20;
/** With growing delays about a day. */
const maxAttempts = 150;

/** One pass; any number of processes may do it at the same time. Returns how many rows it is done with. */
export async function publishOutbox(ctx: PublishContext, signal: AbortSignal): Promise<number> {
  let done = 0;
  for (const publication of await findOutbox(ctx.db, { limit: batchSize, settleMs: settleMs({ ctx }) })) {
    if (signal.aborted) break;
    if (await publishOne(ctx, publication, signal)) done++;
  }
  return done;
}

/** The boundary of one row: what it throws puts it off or ends it, and never the pass. */
async function publishOne(
  ctx: PublishContext,
  publication: Publication,
  signal: AbortSignal,
): Promise<boolean> {
  const place = await getPullRequestPlace(ctx.db, publication.pullRequestId);
  const { taskId, commandId } = publication;
  const correlation = { ...(taskId && { taskId }), ...(commandId && { commandId }) };
  const log = ctx.log.child({ ...correlation, publication: publication.kind });
  try {
    const repository = repositoryOf(ctx, place);
    const writer: Writer = { ctx: { ...ctx, log }, place, repository, signal, taskId, run: null };
    await withCorrelation(correlation, () => write(writer, publication));
    return true;
  } catch (error) {
    // Somebody else is at it.
    if (signal.aborted || error instanceof RunEnded) return false;
    log.warn({ err: error }, "not published");
    return await putOff(ctx, publication, error);
  }
}

/** What was not started before its task ended is not written any more; what may have been done is only recorded. */
async function write(writer: Writer, publication: Publication): Promise<void> {
  if (publication.kind === "check") return await writeOnce(writer, checkWrite(writer, publication));
  if (publication.kind === "thread") return await writeOnce(writer, threadWrite(writer, publication));
  if (publication.kind === "notice") return await writeOnce(writer, noticeWrite(writer, publication));
  if (publication.kind === "reply") return await writeOnce(writer, replyWrite(writer, publication));
  const there =
    publication.kind === "review"
      ? await adoptOnly(writer, reviewWrite(writer, publication))
      : await adoptOnly(writer, summaryWrite(writer, publication));
  if (there) return;
  const { id } = publication;
  await inFence(writer, (tx) =>
    endPublication(tx, { id, state: "abandoned", error: "its task ended first" }),
  );
}

/** Leaves a task that was retried meanwhile alone: its publications are its next run's. */
async function putOff({ db }: PublishContext, publication: Publication, error: unknown): Promise<boolean> {
  const { id, taskId, pullRequestId, attemptCount } = publication;
  const message = error instanceof Error ? error.message : String(error);
  const forGood = error instanceof ReviewdError && !isTransient(error);
  return await inTransaction(db, async (tx) => {
    await lockPullRequest(tx, pullRequestId);
    if (taskId !== null && !(await isTaskOver(tx, taskId))) return false;
    if (forGood || attemptCount >= maxAttempts) {
      await endPublication(tx, { id, state: "failed", error: message });
      return true;
    }
    const isLimit = error instanceof ReviewdError && error.code === "rate_limited";
    const askedMs = error instanceof ReviewdError ? (error.retryAfterMs ?? 0) : 0;
    // Spread, so that what waited for the same limit does not come back as one.
    const ownMs = retryDelayMs(isLimit ? 1 : attemptCount + 1, Math.random());
    const delayMs = isLimit ? askedMs + ownMs : Math.max(askedMs, ownMs);
    await delayPublication(tx, { id, delayMs, error: message, isFailure: !isLimit });
    return false;
  });
}
