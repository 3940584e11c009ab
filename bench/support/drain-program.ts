/** What a program must do to be measured at draining a queue, and which programs there are. */
import type postgres from "postgres";

export interface DrainProgram {
  /** False: its database begins empty, not with reviewd's tables. */
  readonly isReviewd: boolean;
  /** Queues so many tasks in its fresh database. */
  readonly seed: (url: string, tasks: number) => Promise<void>;
  /** Starts to work on them in this process; tells how many it has run, each time it ran some. */
  readonly work: (url: string, onRun: (count: number) => void) => unknown;
  /** Tasks whose end is not yet written. */
  readonly countLeft: (sql: postgres.Sql) => Promise<number>;
  /** @throws when the queue broke a promise while it was drained */
  readonly verify?: (sql: postgres.Sql, tasks: number) => Promise<void>;
}

/** Loaded on demand: the process that works for one program should not hold the others. */
const programs = {
  reviewd: async () => (await import("./reviewd-drain.ts")).asDispatcher(10),
  "reviewd one by one": async () => (await import("./reviewd-drain.ts")).oneByOne(10),
  "reviewd batched": async () => (await import("./reviewd-drain.ts")).asDispatcher(500),
  raw: async () => (await import("./raw-loop.ts")).rawLoop({ lanes: 10, batch: 1 }),
  "raw batched": async () => (await import("./raw-loop.ts")).rawLoop({ lanes: 10, batch: 100 }),
  graphile: async () => (await import("./graphile.ts")).graphileDefault,
  "graphile batched": async () => (await import("./graphile.ts")).graphileBatched,
  "pg-boss batched": async () => (await import("./pg-boss.ts")).pgBossBatched,
} satisfies Readonly<Record<string, () => Promise<DrainProgram>>>;

export type DrainProgramName = keyof typeof programs;

export async function loadDrainProgram(name: DrainProgramName): Promise<DrainProgram> {
  return await programs[name]();
}
