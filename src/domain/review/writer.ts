/** Whoever writes to a pull request: a run under its fence, or the outbox for a task that is over. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Account, RepositoryRef } from "../../adapters/forge/forge.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import { lockPullRequest } from "../../adapters/postgres/publications.ts";
import type { PullRequestPlace } from "../../adapters/postgres/pull-request-place.ts";
import { type ClaimedTask, lockRun, type Run } from "../../adapters/postgres/runs.ts";
import { isTaskOver } from "../../adapters/postgres/task-retries.ts";
import type { StopReason } from "../../adapters/postgres/tasks.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import type { ForgeContext } from "../../context.ts";
import { ReviewdError } from "../../errors.ts";
import { findMarker, type Marker, writeMarker } from "./marker.ts";
import { RunEnded } from "./run-ended.ts";

/** A stop is noticed within this (milliseconds). */
const longestPauseMs = 250;

export interface PublishContext extends ForgeContext {
  readonly markerKeys: readonly string[];
}

export interface Writer {
  readonly ctx: PublishContext;
  readonly place: PullRequestPlace;
  readonly repository: RepositoryRef;
  readonly signal: AbortSignal;
  /** Whose publications are written; null: a command's. */
  readonly taskId: string | null;
  /** Null for the outbox: a task that is over has no fence. */
  readonly run: Run | null;
}

export interface ReviewRun extends Writer {
  readonly taskId: string;
  readonly run: Run;
  readonly task: ClaimedTask;
}

/** @throws ReviewdError forbidden when the App is not installed there, or the forge is not the one we speak to */
export function repositoryOf({ forge }: ForgeContext, place: PullRequestPlace): RepositoryRef {
  const { installationId, repositoryId, fullName, host } = place;
  if (place.forge !== forge.kind || host !== forge.host) {
    throw new ReviewdError("forbidden", `${fullName} is on ${host}; this process speaks to ${forge.host}`);
  }
  if (installationId === null) throw new ReviewdError("forbidden", `the App is not installed on ${fullName}`);
  return { installationId, repositoryId, fullName };
}

/**
 * A transaction in which nothing else starts a write to the pull request and the run is still the task's own; for the
 * outbox, in which the task is still over: once it is retried, its publications are its next run's.
 */
export async function inFence<Result>(
  writer: Writer,
  work: (tx: Tx, stopRequested: StopReason | null) => Promise<Result>,
): Promise<Result> {
  return await inTransaction(writer.ctx.db, async (tx) => {
    await lockPullRequest(tx, writer.place.pullRequestId);
    if (!writer.run) {
      if (writer.taskId !== null && !(await isTaskOver(tx, writer.taskId)))
        throw new RunEnded({ kind: "lost" });
      return await work(tx, null);
    }
    const locked = await lockRun(tx, writer.run);
    if (!locked) throw new RunEnded({ kind: "lost" });
    return await work(tx, locked.stopRequested);
  });
}

/** As inFence, for what must not happen any more once a stop is requested. */
export async function inGoingRun<Result>(writer: Writer, work: (tx: Tx) => Promise<Result>): Promise<Result> {
  return await inFence(writer, async (tx, stopRequested) => {
    if (stopRequested !== null) throw new RunEnded({ kind: "stopped" });
    return await work(tx);
  });
}

/**
 * Waits. A run that shall stop ends here; one that lost its lease goes on to what it still has to look for, since a
 * write it sent may have arrived late.
 * @throws the signal's reason
 */
export async function pause({ signal }: Writer, ms: number): Promise<void> {
  await sleep(Math.min(ms, longestPauseMs));
  if (signal.aborted && signal.reason !== "lost") signal.throwIfAborted();
}

export function signMarker({ ctx, place }: Pick<Writer, "ctx" | "place">, marker: Marker): string {
  return writeMarker(ctx.markerKeys, place, marker);
}

/** Things we posted on this pull request, by author and signed marker, oldest first, each with its marker. */
export function findOurs<Posted extends { id: number; body: string; author: Account | null }>(
  { ctx, place }: Writer,
  own: Account,
  kind: Marker["kind"],
  posted: readonly Posted[],
): readonly { readonly posted: Posted; readonly marker: Marker }[] {
  return posted
    .filter(({ author }) => author?.id === own.id)
    .flatMap((one) => {
      const marker = findMarker(ctx.markerKeys, place, one.body);
      return marker?.kind === kind ? [{ posted: one, marker }] : [];
    })
    .sort((a, b) => a.posted.id - b.posted.id);
}
