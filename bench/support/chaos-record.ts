/**
 * When each run began and ended, written down outside of the queue: a file for each process, a line for each moment,
 * so that it is all there when the process is killed.
 */
import { existsSync, openSync, readFileSync, writeSync } from "node:fs";
import type { ClaimedTask } from "../../src/adapters/postgres/runs.ts";

export interface RunName {
  readonly taskId: string;
  readonly fence: number;
}

/** What a process knows of a run that it begins. */
interface BegunRun extends RunName {
  readonly workerId: string;
  readonly ownerId: string;
  readonly pullRequestId: string;
  readonly publishes: boolean;
}

export interface RecordedRun extends BegunRun {
  /** Microseconds, see clockUs. */
  readonly from: number;
  readonly to: number;
  /** How it ended; null: with its process. */
  readonly outcome: string | null;
}

type Line =
  | { readonly at: number; readonly begun: BegunRun }
  | { readonly at: number; readonly ended: RunName; readonly outcome: string };

/** The machine's clock, which Postgres reads, too: one time for all processes. (Those of `performance` drift apart.) */
export function clockUs(): number {
  return Number(Temporal.Now.instant().epochNanoseconds / 1_000n);
}

export interface Recorder {
  readonly begin: (task: ClaimedTask) => void;
  readonly end: (task: ClaimedTask, outcome: string) => void;
}

/** Every line is with the operating system before the call returns. */
export function createRecorder(path: string): Recorder {
  const file = openSync(path, "a");
  const write = (line: Line) => writeSync(file, `${JSON.stringify(line)}\n`);
  return {
    begin: ({ taskId, fence, workerId, ownerId, pullRequestId, outputMode }) => {
      const publishes = outputMode === "forge";
      write({ at: clockUs(), begun: { taskId, fence, workerId, ownerId, pullRequestId, publishes } });
    },
    end: ({ taskId, fence }, outcome) => write({ at: clockUs(), ended: { taskId, fence }, outcome }),
  };
}

/** @param goneAt when the process was seen to be gone, and with it whatever it still ran */
export function readRuns(path: string, goneAt: number): readonly RecordedRun[] {
  const runs: RecordedRun[] = [];
  const open = new Map<string, { readonly from: number; readonly begun: BegunRun }>();
  for (const line of readLines(path)) {
    if ("begun" in line) {
      // The same run begun twice is kept as two, for the checks to find.
      const key = nameOf(line.begun);
      const former = open.get(key);
      if (former) runs.push({ ...former.begun, from: former.from, to: goneAt, outcome: null });
      open.set(key, { from: line.at, begun: line.begun });
      continue;
    }
    const key = nameOf(line.ended);
    const run = open.get(key);
    if (!run) throw new Error(`${path}: run ${key} ended and had not begun`);
    open.delete(key);
    runs.push({ ...run.begun, from: run.from, to: line.at, outcome: line.outcome });
  }
  const cut = [...open.values()].map(({ from, begun }) => ({ ...begun, from, to: goneAt, outcome: null }));
  return [...runs, ...cut];
}

export function nameOf({ taskId, fence }: RunName): string {
  return `${taskId} fence ${fence}`;
}

/** A kill may have cut the last line. A process that never came up has none. */
function readLines(path: string): readonly Line[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((text): Line => JSON.parse(text));
}
