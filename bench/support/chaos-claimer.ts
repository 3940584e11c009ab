/**
 * A process of claimers, for chaos to befall: each is the product's own queue worker, with runs that take milliseconds
 * and sometimes fail. `OPTIONS`, as JSON. Ends in order on SIGTERM.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../src/adapters/postgres/connect.ts";
import type { ClaimedTask } from "../../src/adapters/postgres/runs.ts";
import type { RunOutcome } from "../../src/domain/task/settlement.ts";
import { createLog } from "../../src/log.ts";
import { runQueueWorker } from "../../src/roles/dispatcher/queue-worker.ts";
import { createRecorder } from "./chaos-record.ts";

export interface ClaimerOptions {
  readonly databaseUrl: string;
  readonly recordPath: string;
  /** Each with a lease and connections of its own. */
  readonly claimers: number;
  readonly concurrency: number;
  readonly leaseMs: number;
}

const longestRunMs = 25;
/** Some last longer, so that a stop finds them running. */
const long = { share: 0.003, ms: 500 };
const failing = { retried: 0.03, thrown: 0.01, failed: 0.005 };
/** Short, so that some runs are still under way and are handed back. */
const graceMs = 5;

const options: ClaimerOptions = JSON.parse(process.argv[2] ?? "");
const log = createLog("warn", {});
const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
process.once("disconnect", () => process.exit(1));
// The file says that the process is up.
const recorder = createRecorder(options.recordPath);
await Promise.all(Array.from({ length: options.claimers }, (_, number) => claim(number)));
// As main does: what is still tried in vain keeps no process alive.
process.exit(0);

async function claim(number: number): Promise<void> {
  const { databaseUrl, concurrency, leaseMs } = options;
  const { db, close } = connect(databaseUrl, "reviewd chaos claimer", concurrency + 4);
  await runQueueWorker({
    db,
    databaseUrl,
    log,
    // Every other one hears of nothing: polling alone must suffice.
    listenUrl: number % 2 === 0 ? databaseUrl : null,
    concurrency,
    leaseMs,
    graceMs,
    execute,
    signal: stopping.signal,
  });
  await close();
}

async function execute(task: ClaimedTask, { signal }: { readonly signal: AbortSignal }): Promise<RunOutcome> {
  recorder.begin(task);
  let ended = "threw";
  try {
    const ms = Math.random() < long.share ? long.ms : Math.random() * longestRunMs;
    await sleep(ms, undefined, { signal });
    const outcome = drawOutcome();
    ended = outcome.kind;
    return outcome;
  } finally {
    recorder.end(task, ended);
  }
}

function drawOutcome(): RunOutcome {
  const { retried, thrown, failed } = failing;
  const drawn = Math.random();
  if (drawn < retried) return { kind: "retry", reason: "retry", error: "drawn" };
  if (drawn < retried + thrown) throw new Error("drawn");
  if (drawn < retried + thrown + failed) return { kind: "failed", reason: "internal_error", error: "drawn" };
  return { kind: "completed", reason: "reviewed" };
}
