/**
 * The protocol of every write to the forge. The fence does not reach the forge, so a write is recorded before it
 * starts, starts only while the lease outlasts it, and one that may have been done is looked for before it is done
 * again: a crash, a lost answer or a process that wakes up late leaves at most one thing on the pull request.
 */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { type ContentLimits, reserveContent } from "../../adapters/postgres/content-budget.ts";
import {
  findUnsettledMs,
  markAnswered,
  markPosted,
  markRefused,
  type Publication,
  startWrite,
} from "../../adapters/postgres/publications.ts";
import { leaseLeftMs } from "../../adapters/postgres/runs.ts";
import { ReviewdError } from "../../errors.ts";
import { RunEnded } from "./run-ended.ts";
import { inFence, inGoingRun, pause, type Writer } from "./writer.ts";

export interface Write<Sent, Posted extends { readonly externalId: number }> {
  readonly publication: Publication;
  /** What an earlier write of it left on the forge; null: nothing, or writing again does no harm. */
  readonly find: () => Promise<Sent | null>;
  /** Reads what the write depends on and returns it. */
  readonly prepare: () => Promise<Prepared<Sent>>;
  /**
   * Reads back what is there now and removes what is there twice. Null: the forge takes it in several requests, and
   * what is prepared next is the next one. `adopted`: it was found, not sent just now.
   */
  readonly confirm: (sent: Sent, adopted: boolean) => Promise<Posted | null>;
  /** Stores what is known of it, in the transaction that marks the publication posted. */
  readonly record: (tx: Tx, posted: Posted) => Promise<void>;
}

export interface Prepared<Sent> {
  /** One request, or several at once, which thus take no longer than the forge's timeout. */
  readonly send: () => Promise<Sent>;
  /** How many requests that is, of those that create or edit something. */
  readonly requests: number;
}

/** GitHub's limits on creating content, of all that acts for an installation. */
const gitHubLimits: ContentLimits = { perMinute: 80, perHour: 500 };
/** What reviews leave of them, for answers to people who wait for one. */
const keptForReplies: ContentLimits = { perMinute: 5, perHour: 25 };
const repliesOnly: ReadonlySet<string> = new Set(["reply"]);

/** A write is on its way for the forge's timeout and the time from marking it to sending it. */
const marginMs = 1_000;
/** How often the lease is looked at while waiting for its renewal (milliseconds). */
const lookMs = 250;

/** How long after its start a write may still arrive. */
export function settleMs({ ctx }: Pick<Writer, "ctx">): number {
  return ctx.forge.timeoutMs + marginMs;
}

export async function writeOnce<Sent, Posted extends { readonly externalId: number }>(
  writer: Writer,
  write: Write<Sent, Posted>,
): Promise<void> {
  // After an unclear answer a run looks for it and sends it again if it is not there. The outbox comes back later.
  const maxSends = writer.run ? 2 : 1;
  let uncertain = write.publication.state === "uncertain";
  for (let sends = 1; ; sends++) {
    const found = uncertain ? await findSettled(writer, write) : null;
    const sent = found !== null ? { sent: found } : await send(writer, write, sends === maxSends);
    uncertain = sent === null;
    if (sent === null) continue;
    const posted = await write.confirm(sent.sent, found !== null);
    if (posted !== null) return await record(writer, write, posted);
    await inFence(writer, (tx) => markAnswered(tx, write.publication.id));
    sends = 0;
  }
}

/** Records a write that was interrupted, if it is there; never writes it. False: it is not there. */
export async function adoptOnly<Sent, Posted extends { readonly externalId: number }>(
  writer: Writer,
  write: Write<Sent, Posted>,
): Promise<boolean> {
  const found = await findSettled(writer, write);
  const posted = found === null ? null : await write.confirm(found, true);
  if (posted === null) return false;
  await record(writer, write, posted);
  return true;
}

/** Looks for an interrupted write once it can no longer arrive. Null: it is not there. */
async function findSettled<Sent, Posted extends { readonly externalId: number }>(
  writer: Writer,
  write: Write<Sent, Posted>,
): Promise<Sent | null> {
  await letSettle(writer);
  return await write.find();
}

/** Null: the answer was unclear, so the write may have been done. */
async function send<Sent, Posted extends { readonly externalId: number }>(
  writer: Writer,
  { publication, prepare }: Write<Sent, Posted>,
  last: boolean,
): Promise<{ readonly sent: Sent } | null> {
  const { send, sendBefore } = await intend(writer, publication, prepare);
  try {
    // A process that was suspended since then may have lost its lease without knowing.
    if (performance.now() > sendBefore)
      throw new ReviewdError("unavailable", "too late to write: somebody else may have begun");
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

interface Intent<Sent> {
  readonly send: () => Promise<Sent>;
  /** The moment (of performance.now) before which the request must be sent. */
  readonly sendBefore: number;
}

/**
 * Prepares the write, takes its share of the content budget and marks it as started; begins anew when something else
 * was written in between.
 * @throws ReviewdError rate_limited when the budget has no room for it yet
 */
async function intend<Sent>(
  writer: Writer,
  publication: Publication,
  prepare: () => Promise<Prepared<Sent>>,
): Promise<Intent<Sent>> {
  const { id } = publication;
  for (;;) {
    await letSettle(writer);
    const { send, requests } = await prepare();
    const sendBefore = await awaitLease(writer);
    const started = await inGoingRun(writer, async (tx) => {
      if ((await findUnsettledMs(tx, unsettled(writer))) > 0) return false;
      await takeBudget(tx, writer, publication, requests);
      if (await startWrite(tx, { id, fence: writer.run?.fence ?? 0 })) return true;
      throw new RunEnded({ kind: "lost" });
    });
    if (started) return { send, sendBefore };
  }
}

/** In the transaction that starts the write, so that what is not started takes nothing. */
async function takeBudget(tx: Tx, writer: Writer, { kind }: Publication, writes: number): Promise<void> {
  const { place, repository } = writer;
  if (writes === 0) return;
  const kept = repliesOnly.has(kind) ? { perMinute: 0, perHour: 0 } : keptForReplies;
  const delayMs = await reserveContent(tx, {
    installation: { forge: place.forge, host: place.host, externalId: repository.installationId },
    writes,
    limits: {
      perMinute: gitHubLimits.perMinute - kept.perMinute,
      perHour: gitHubLimits.perHour - kept.perHour,
    },
    onTheWayMs: settleMs(writer),
  });
  if (delayMs === 0) return;
  throw new ReviewdError("rate_limited", "the installation's content budget is used up", {
    retryAfterMs: delayMs,
  });
}

/**
 * Waits until nothing that was sent before can still arrive: an interrupted write of this task, or one of another,
 * for they share the summary and the check. The outbox does not wait; it leaves what somebody else is writing to.
 */
async function letSettle(writer: Writer): Promise<void> {
  for (;;) {
    const leftMs = await findUnsettledMs(writer.ctx.db, unsettled(writer));
    if (leftMs === 0) return;
    if (!writer.run) throw new RunEnded({ kind: "lost" });
    await pause(writer, leftMs);
  }
}

/**
 * Waits for a renewal when the lease would not outlast a request. Returns the moment before which to send. The outbox
 * has no lease: what keeps others from writing then is that its write is marked.
 */
async function awaitLease(writer: Writer): Promise<number> {
  const { ctx, run } = writer;
  const { timeoutMs } = ctx.forge;
  if (!run) return performance.now() + marginMs;
  for (let waitedMs = 0; waitedMs <= 2 * timeoutMs; waitedMs += lookMs) {
    const askedAt = performance.now();
    const leftMs = await leaseLeftMs(ctx.db, run);
    if (leftMs === 0) throw new RunEnded({ kind: "lost" });
    if (leftMs > timeoutMs) return askedAt + leftMs - timeoutMs;
    await pause(writer, lookMs);
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
