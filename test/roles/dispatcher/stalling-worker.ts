/**
 * A queue worker in a process of its own, whose first run goes on until a file is there: `blocks` the event loop, so
 * that the process does nothing else meanwhile, or `waits`. Every other run completes at once. Arguments: the
 * database's URL, the lease in milliseconds, the file, and which of the two.
 */
import { existsSync } from "node:fs";
import { connect } from "../../../src/adapters/postgres/connect.ts";
import { createLog } from "../../../src/log.ts";
import { runQueueWorker } from "../../../src/roles/dispatcher/queue-worker.ts";

const [databaseUrl = "", leaseMs = "", file = "", how = ""] = process.argv.slice(2);
const lookMs = 10;
const stopping = new AbortController();
process.on("SIGTERM", () => stopping.abort());

let runs = 0;
const stall = async () => {
  while (!existsSync(file)) {
    if (how === "blocks") Bun.sleepSync(lookMs);
    else await Bun.sleep(lookMs);
  }
};

const { db, close } = connect(databaseUrl, "reviewd stalling worker", 5);
await runQueueWorker({
  db,
  databaseUrl,
  listenUrl: databaseUrl,
  log: createLog("info", {}),
  concurrency: 1,
  leaseMs: Number(leaseMs),
  graceMs: 0,
  execute: async () => {
    runs++;
    if (runs === 1) await stall();
    return { kind: "completed", reason: "reviewed" };
  },
  signal: stopping.signal,
});
await close();
