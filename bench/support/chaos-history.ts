/** What happened in a play of chaos: what processes and their chaos wrote down, beside what the queue says of it. */
import { readFileSync } from "node:fs";
import { sql } from "drizzle-orm";
import type { Db } from "../../src/adapters/postgres/connect.ts";
import { attempts, tasks } from "../../src/adapters/postgres/schema.ts";
import { readLeaseEnds } from "./chaos-database.ts";
import type { ChaosProcess } from "./chaos-processes.ts";
import { type RecordedRun, readRuns } from "./chaos-record.ts";
import type { ChaosWorld } from "./chaos-world.ts";

export interface Happened {
  kills: number;
  standStills: number;
  replacements: number;
  crashes: number;
}

/** What was noted while it went on. */
export interface Notes {
  readonly happened: Happened;
  /** Failures that no crash of Postgres explains. */
  readonly errors: string[];
  /** What the view of broken seats showed, of so many looks at it. */
  readonly brokenSeats: string[];
  looks: number;
}

export interface ChaosHistory
  extends Notes,
    Pick<ChaosWorld, "caps" | "capChanges" | "unsteadyOwners" | "queued"> {
  readonly processes: readonly (ChaosProcess & { readonly runs: readonly RecordedRun[] })[];
  /** By worker; microseconds. */
  readonly leaseEnds: ReadonlyMap<string, number>;
  readonly tasks: readonly TaskRow[];
  readonly attempts: readonly AttemptRow[];
  readonly postgresVersion: string;
}

type TaskRow = Pick<typeof tasks.$inferSelect, "id" | "status" | "reason" | "fence" | "attemptCount">;
/** `finishedAt` in microseconds. */
type AttemptRow = Pick<typeof attempts.$inferSelect, "taskId" | "fence" | "workerId" | "outcome"> & {
  readonly finishedAt: number;
};

export async function readHistory(
  db: Db,
  { caps, capChanges, unsteadyOwners, queued }: ChaosWorld,
  processes: readonly ChaosProcess[],
  { happened, errors, brokenSeats, looks }: Notes,
): Promise<ChaosHistory> {
  return {
    ...{ caps, capChanges, unsteadyOwners, queued, happened, brokenSeats, looks },
    errors: [...errors, ...processes.flatMap(errorsOf)],
    processes: processes.map((process) => ({
      ...process,
      runs: readRuns(process.recordPath, process.goneAt),
    })),
    leaseEnds: await readLeaseEnds(db),
    tasks: await db.select(taskColumns).from(tasks),
    attempts: await db.select(attemptColumns).from(attempts),
    postgresVersion: await readVersion(db),
  };
}

const taskColumns = {
  id: tasks.id,
  status: tasks.status,
  reason: tasks.reason,
  fence: tasks.fence,
  attemptCount: tasks.attemptCount,
};

const attemptColumns = {
  taskId: attempts.taskId,
  fence: attempts.fence,
  workerId: attempts.workerId,
  outcome: attempts.outcome,
  finishedAt: sql<number>`(extract(epoch from ${attempts.finishedAt}) * 1000000)::float8`,
};

async function readVersion(db: Db): Promise<string> {
  const [row] = await db.execute<{ version: string }>(
    sql`select current_setting('server_version') as version`,
  );
  return row?.version ?? "";
}

/** What drivers and Postgres say while a server is gone, comes back, or goes away under a statement. */
const outage =
  /CONNECTION_(CLOSED|ENDED|DESTROYED)|CONNECT_TIMEOUT|ECONNREFUSED|ECONNRESET|EPIPE|\b57P0[123]\b/;
const outageMessages =
  /terminating connection because of crash|the database system is (starting up|shutting down|in recovery mode|not yet accepting)/;

export function isOutage(text: string): boolean {
  return outage.test(text) || outageMessages.test(text);
}

/** Of an error with its causes: code and message, one after the other. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return error === undefined ? "" : String(error);
  const code = "code" in error ? `${error.code}: ` : "";
  return `${code}${error.message} ${describeError(error.cause)}`.trim();
}

/** What the process logged as an error, and how it ended if it was not killed. */
function errorsOf({ logPath, isKilled, exitCode }: ChaosProcess): readonly string[] {
  const logged = readFileSync(logPath, "utf8").split("\n").flatMap(errorOfLine);
  const ended = !isKilled && exitCode !== 0 ? [`a process asked to end exited ${exitCode}`] : [];
  return [...ended, ...logged.filter((error) => !isOutage(error))];
}

/** A lease that lapsed is logged as an error without a cause, and is what chaos is about. What is not JSON is a crash's. */
function errorOfLine(line: string): readonly string[] {
  if (!line.startsWith("{")) return line === "" ? [] : [line];
  const { level, msg, err }: LogLine = JSON.parse(line);
  return level === "error" && err ? [`${msg}: ${err.code ?? ""} ${err.message}`] : [];
}

interface LogLine {
  readonly level: string;
  readonly msg: string;
  /** Its message has those of its causes in it. */
  readonly err?: { readonly code?: string; readonly message: string };
}
