import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import type { TextJob } from "../../../../src/adapters/reviewer/rules/job.ts";
import { ParserPool, type ParserPoolOptions } from "../../../../src/adapters/reviewer/rules/parser-pool.ts";
import { ReviewdError } from "../../../../src/errors.ts";
import { eventually } from "../../../support/eventually.ts";

const never = new AbortController().signal;
const pools: ParserPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool[Symbol.asyncDispose]()));
});

function createPool(options: Partial<ParserPoolOptions> = {}): ParserPool {
  const pool = new ParserPool({
    jobMs: 30_000,
    memoryBytes: 1_024 ** 3,
    maxProcesses: 2,
    idleMs: 30_000,
    ...options,
  });
  pools.push(pool);
  return pool;
}

const job: TextJob = { kind: "text", path: "a.txt", lines: [{ line: 1, text: "<<<<<<< HEAD" }] };

/** Ids of this process's own parser processes. */
function parserPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isOwnParser(pid));
}

function isOwnParser(pid: number): boolean {
  try {
    const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    return (
      parent === String(process.pid) &&
      readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("rules-worker")
    );
  } catch {
    return false; // It ended between the two looks.
  }
}

describe.skipIf(process.platform !== "linux")("the pool of parser processes", () => {
  test("uses one process for one job after another, and ends it when disposed of", async () => {
    const pool = createPool();
    await pool.run(job, never);
    const [first] = parserPids();
    await pool.run(job, never);
    expect(parserPids()).toEqual([first ?? 0]);
    await pool[Symbol.asyncDispose]();
    expect(parserPids()).toEqual([]);
  });

  test("starts no more processes than it may", async () => {
    const pool = createPool({ maxProcesses: 2 });
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => pool.run(job, never)));
    expect(outcomes.every((outcome) => outcome.kind === "done")).toBe(true);
    expect(parserPids().length).toBe(2);
  });

  test("ends a process that has nothing to do", async () => {
    const pool = createPool({ idleMs: 50 });
    await pool.run(job, never);
    await eventually(async () => expect(parserPids()).toEqual([]));
  });

  test("goes on with a fresh process when an idle one was killed", async () => {
    const pool = createPool();
    await pool.run(job, never);
    for (const pid of parserPids()) process.kill(pid, "SIGKILL");
    expect((await pool.run(job, never)).kind).toBe("done");
  });

  test("replaces a process that has grown", async () => {
    const pool = createPool({ memoryBytes: 100 * 1_024 ** 2 });
    await pool.run(job, never);
    const [first] = parserPids();
    await pool.run(job, never);
    expect(parserPids()).not.toContain(first ?? 0);
  });

  test("tries the next folder when a process cannot start in one", async () => {
    const pool = createPool({ folders: ["/nowhere", tmpdir()] });
    expect((await pool.run(job, never)).kind).toBe("done");
  });

  test("says that no process starts anywhere", async () => {
    const running = createPool({ folders: ["/nowhere"] }).run(job, never);
    await expect(running).rejects.toBeInstanceOf(ReviewdError);
    await expect(running).rejects.toMatchObject({ code: "unavailable" });
  });

  test("does not start for a review that was aborted", async () => {
    const reason = new Error("cancelled");
    await expect(createPool().run(job, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(parserPids()).toEqual([]);
  });
});
