/**
 * The protocol of every write to the forge. The fence does not reach the forge, so a write is recorded before it
 * starts, starts only while the lease outlasts it, and one that may have been done is looked for before it is done
 * again: a crash, a lost answer or a process that wakes up late leaves at most one thing on the pull request.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Tx } from "../../adapters/postgres/connect.ts";
import {
  findUnsettledMs,
  markPosted,
  markRefused,
  type Publication,
  startWrite,
} from "../../adapters/postgres/publications.ts";
import { leaseLeftMs } from "../../adapters/postgres/runs.ts";
import { ReviewdError } from "../../errors.ts";
import { RunEnded } from "./run-ended.ts";
import { inFence, inGoingRun, type Writer } from "./writer.ts";

export interface Write<Sent, Posted extends { readonly externalId: number }> {
  readonly publication: Publication;
  /** What an earlier write of it left on the forge; null: nothing, or writing again does no harm. */
  readonly find: () => Promise<Sent | null>;
  /** Writes it. Its last request is the only one that changes anything that must not be changed twice. */
  readonly send: () => Promise<Sent>;
  /** Reads back what is there now and removes what is there twice. `adopted`: it was found, not sent just now. */
  readonly confirm: (sent: Sent, adopted: boolean) => Promise<Posted>;
  /** Stores what is known of it, in the transaction that marks the publication posted. */
  readonly record: (tx: Tx, posted: Posted) => Promise<void>;
}

/** Sends of one write in one run: after an unclear answer it is looked for, and sent again if it is not there. */
const maxSends = 2;
/** A write is on its way for the forge's timeout and the time from marking it to sending it. */
const marginMs = 1_000;
/** How often the clock of the database is looked at while waiting (milliseconds). */
const lookMs = 250;

/** How long after its start a write may still arrive. */
export function settleMs({ ctx }: Pick<Writer, "ctx">): number {
  return ctx.forge.timeoutMs + marginMs;
}

export async function writeOnce<Sent, Posted extends { readonly externalId: number }>(
  writer: Writer,
  write: Write<Sent, Posted>,
): Promise<void> {
  let uncertain = write.publication.state === "uncertain";
  for (let sends = 1; ; sends++) {
    const found = uncertain ? await findSettled(writer, write) : null;
    if (found !== null) return await record(writer, write, await write.confirm(found, true));
    const sent = await send(writer, write, sends === maxSends);
    if (sent !== null) return await record(writer, write, await write.confirm(sent.sent, false));
    uncertain = true;
  }
}

/** Records a write that was interrupted, if it is there; never writes it. False: it is not there. */
export async function adoptOnly<Sent, Posted extends { readonly externalId: number }>(
  writer: Writer,
  write: Write<Sent, Posted>,
): Promise<boolean> {
  const found = await findSettled(writer, write);
  if (found === null) return false;
  await record(writer, write, await write.confirm(found, true));
  return true;
}

/** Looks for an interrupted write once it can no longer arrive. Null: it is not there. */
async function findSettled<Sent, Posted extends { readonly externalId: number }>(
  writer: Writer,
  write: Write<Sent, Posted>,
): Promise<Sent | null> {
  for (;;) {
    const leftMs = await findUnsettledMs(writer.ctx.db, unsettled(writer));
    if (leftMs === 0) return await write.find();
    await letSettle(writer, leftMs);
  }
}

/** Null: the answer was unclear, so the write may have been done. */
async function send<Sent, Posted extends { readonly externalId: number }>(
  writer: Writer,
  { publication, send }: Write<Sent, Posted>,
  last: boolean,
): Promise<{ readonly sent: Sent } | null> {
  const sendBefore = await intend(writer, publication);
  try {
    // A process that was suspended since then may have lost its lease without knowing.
    if (performance.now() > sendBefore)
      throw new ReviewdError("unavailable", "the lease got too short to write");
    return { sent: await send() };
  } catch (error) {
    const refused = error instanceof ReviewdError && error.code !== "unavailable";
    if (refused) {
      await inFence(writer, (tx) => markRefused(tx, { id: publication.id, error: error.message }));
      throw error;
    }
    if (last || !(error instanceof ReviewdError)) throw error;
    writer.ctx.log.warn(
      { publicationId: publication.id, err: error },
      "unclear whether it was posted, will look",
    );
    return null;
  }
}

/** Marks the write as started. Returns the moment (of performance.now) before which it must be sent. */
async function intend(writer: Writer, publication: Publication): Promise<number> {
  for (;;) {
    const sendBefore = await awaitLease(writer);
    const leftMs = await inGoingRun(writer, async (tx) => {
      // Nobody else's write may still arrive, nor one of another task: they share the summary and the check.
      const unsettledMs = await findUnsettledMs(tx, unsettled(writer));
      if (unsettledMs > 0) return unsettledMs;
      const started = await startWrite(tx, { id: publication.id, fence: writer.run?.fence ?? 0 });
      if (!started) throw new ReviewdError("conflict", `the publication ${publication.id} is closed`);
      return 0;
    });
    if (leftMs === 0) return sendBefore;
    await letSettle(writer, leftMs);
  }
}

/** A run waits a little; the outbox leaves what somebody else is writing to. */
async function letSettle({ run, signal }: Writer, leftMs: number): Promise<void> {
  if (!run) throw new ReviewdError("conflict", "another write to the pull request is on its way");
  await sleep(Math.min(leftMs, lookMs), undefined, { signal });
}

/** Waits for a renewal when the lease would not outlast a request. Returns the moment before which to send. */
async function awaitLease({ ctx, run, signal }: Writer): Promise<number> {
  const { timeoutMs } = ctx.forge;
  if (!run) return Number.POSITIVE_INFINITY;
  for (let waitedMs = 0; waitedMs <= 2 * timeoutMs; waitedMs += lookMs) {
    const askedAt = performance.now();
    const leftMs = await leaseLeftMs(ctx.db, run);
    if (leftMs === 0) throw new RunEnded({ kind: "lost" });
    if (leftMs > timeoutMs) return askedAt + leftMs - timeoutMs;
    await sleep(lookMs, undefined, { signal });
  }
  throw new ReviewdError(
    "unavailable",
    `the lease is never renewed to more than a request's ${timeoutMs} ms`,
  );
}

async function record<Sent, Posted extends { readonly externalId: number }>(
  writer: Writer,
  { publication, record }: Write<Sent, Posted>,
  posted: Posted,
): Promise<void> {
  await inFence(writer, async (tx) => {
    await record(tx, posted);
    await markPosted(tx, { id: publication.id, externalId: posted.externalId });
  });
}

function unsettled(writer: Writer) {
  return { pullRequestId: writer.place.pullRequestId, settleMs: settleMs(writer) };
}
