/** Measures how fast processes of a program drain a queue, and what that costs the database. */
import { join } from "node:path";
import { createTestDatabase } from "../../test/support/database.ts";
import { type DrainProgram, type DrainProgramName, loadDrainProgram } from "./drain-program.ts";
import { type BenchServer, withClient } from "./postgres-server.ts";

export interface Drain {
  readonly program: DrainProgramName;
  readonly processes: number;
  readonly tasks: number;
}

export interface Drained {
  /** Tasks per second. */
  readonly rate: number;
  /** CPU time of the database, per task. */
  readonly cpuUs: number;
}

/** Of the tasks: run before the clock is started, while processes connect and plans are made. */
const warmUpShare = 0.1;
const leftPollMs = 2;
/** Nothing here takes as long. */
const stuckMs = 120_000;

export async function measureDrain(server: BenchServer, drain: Drain): Promise<Drained> {
  const program = await loadDrainProgram(drain.program);
  const database = await createTestDatabase({ serverUrl: server.url, migrated: program.isReviewd });
  try {
    await program.seed(database.url, drain.tasks);
    await server.checkpoint();
    const drained = await run(server, database.url, drain, program);
    await withClient(database.url, async (sql) => await program.verify?.(sql, drain.tasks));
    return drained;
  } finally {
    await database.close();
  }
}

async function run(server: BenchServer, url: string, drain: Drain, program: DrainProgram): Promise<Drained> {
  const { tasks } = drain;
  const workers = startWorkers(url, drain);
  await workers.ready;
  workers.tell("go");
  const before = await workers.ran(tasks * warmUpShare);
  const begin = { cpuMs: server.cpuMs(), at: performance.now() };
  await workers.ran(tasks);
  await withClient(url, async (sql) => {
    while ((await program.countLeft(sql)) > 0) await Bun.sleep(leftPollMs);
  });
  const end = { cpuMs: server.cpuMs(), at: performance.now() };
  workers.tell("stop");
  const ran = await workers.ended;
  if (ran !== tasks) throw new Error(`${drain.program} ran ${ran} tasks where ${tasks} were queued`);
  const measured = tasks - before;
  return {
    rate: (measured * 1_000) / (end.at - begin.at),
    cpuUs: ((end.cpuMs - begin.cpuMs) * 1_000) / measured,
  };
}

function startWorkers(url: string, { program, processes }: Drain) {
  const counts = new Map<Bun.Subprocess, number>();
  const ready = Promise.withResolvers<void>();
  let readyCount = 0;
  let onCount = () => {};
  const ran = () => counts.values().reduce((sum, count) => sum + count, 0);
  const children = Array.from({ length: processes }, () =>
    Bun.spawn([process.execPath, join(import.meta.dir, "drain-process.ts"), program, url], {
      stdout: "inherit",
      stderr: "inherit",
      ipc: (message, child) => {
        if (message === "ready" && ++readyCount === processes) ready.resolve();
        if (message === "ready") return;
        counts.set(child, message.ran);
        onCount();
      },
    }),
  );
  const failed = Promise.race(children.map((child) => child.exited)).then(() => {
    throw new Error(`a process of ${program} has ended too early`);
  });
  failed.catch(() => {});
  return {
    ready: Promise.race([ready.promise, failed]),
    tell: (message: "go" | "stop") => {
      for (const child of children) child.send(message);
    },
    /** How many were run as soon as these many were. */
    ran: async (count: number): Promise<number> => {
      const reached = Promise.withResolvers<number>();
      const timer = setTimeout(
        () => reached.reject(new Error(`${program} is stuck at ${ran()} tasks`)),
        stuckMs,
      );
      onCount = () => {
        if (ran() >= count) reached.resolve(ran());
      };
      onCount();
      try {
        return await Promise.race([reached.promise, failed]);
      } finally {
        clearTimeout(timer);
      }
    },
    ended: Promise.all(children.map((child) => child.exited)).then(ran),
  };
}
