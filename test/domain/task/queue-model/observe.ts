/** What the database says the queue is, and the promises that can be read off it without knowing how it came about. */
import { sql } from "drizzle-orm";
import type { Db } from "../../../../src/adapters/postgres/connect.ts";
import { findBrokenSeats } from "../../../../src/adapters/postgres/seats.ts";
import type { Task } from "../../../../src/adapters/postgres/tasks.ts";

export interface ObservedTask
  extends Pick<Task, "id" | "ownerId" | "pullRequestId" | "outputMode" | "priority" | "status" | "placement">,
    Pick<Task, "stopRequested" | "attemptCount" | "lostCount" | "workerId"> {
  readonly fence: number;
  readonly rank: number | null;
  /** Since the stopped clock's beginning. */
  readonly runAfterMs: number | null;
}

async function observeTasks(db: Db): Promise<readonly ObservedTask[]> {
  return await db.execute<ObservedTask & Record<string, unknown>>(sql`
    select id, owner_id as "ownerId", pull_request_id as "pullRequestId", output_mode as "outputMode",
      priority, status, placement, stop_requested as "stopRequested", attempt_count as "attemptCount",
      lost_count as "lostCount", worker_id as "workerId", fence::float8 as fence,
      rank::float8 as rank,
      extract(epoch from run_after - '2026-01-01T00:00:00Z')::float8 * 1000 as "runAfterMs"
    from tasks order by id`);
}

export interface Observation {
  /** By id. */
  readonly tasks: readonly ObservedTask[];
  /** Broken promises in words. */
  readonly broken: readonly string[];
}

/** `mostSeats` is what each owner may hold. */
export async function observe(db: Db, mostSeats: ReadonlyMap<string, number>): Promise<Observation> {
  const [tasks, brokenSeats] = await Promise.all([observeTasks(db), findBrokenSeats(db)]);
  const broken = brokenSeats.map((row) => `${row.broken}: ${row.id}`);
  return { tasks, broken: [...broken, ...findCrowding(tasks, mostSeats)] };
}

function findCrowding(
  tasks: readonly ObservedTask[],
  mostSeats: ReadonlyMap<string, number>,
): readonly string[] {
  const holdsSeat = (task: ObservedTask) => task.status === "running" || task.placement === "ready";
  const seats = Map.groupBy(tasks.filter(holdsSeat), ({ ownerId }) => ownerId);
  const publishes = (task: ObservedTask) =>
    task.outputMode === "forge" && (holdsSeat(task) || task.placement === "waiting");
  const publishers = Map.groupBy(tasks.filter(publishes), ({ pullRequestId }) => pullRequestId);
  return [
    ...[...seats]
      .filter(([ownerId, seated]) => seated.length > (mostSeats.get(ownerId) ?? 0))
      .map(([ownerId, seated]) => `${seated.length} tasks of ${ownerId} hold a seat, more than it has`),
    ...[...publishers]
      .filter(([, live]) => live.length > 1)
      .map(([id, live]) => `${live.length} tasks may publish to pull request ${id}`),
  ];
}
