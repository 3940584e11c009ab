/** An exact sweep over when each run began and ended: who ran at the same time as whom. */
import { sql } from "drizzle-orm";
import type { World } from "./world.ts";

interface Interval {
  readonly taskId: string;
  readonly fence: number;
  readonly ownerId: string;
  readonly pullRequestId: string;
  readonly publishes: boolean;
  /** Microseconds, as exact as the database tells. */
  readonly from: number;
  readonly to: number;
}

/** Faults in words: over a cap, two publishers, a task run twice at once, a run nobody has or two have. */
export async function findRunFaults(world: World): Promise<readonly string[]> {
  const intervals = await observeRuns(world);
  const cap = (ownerId: string) => world.highestCaps.get(ownerId) ?? 0;
  const publishing = intervals.filter(({ publishes }) => publishes);
  return [
    ...crowds(intervals, ({ ownerId }) => ownerId)
      .filter(({ most, key }) => most > cap(key))
      .map(({ most, key }) => `${most} runs of ${key} at once, over its cap of ${cap(key)}`),
    ...crowds(publishing, ({ pullRequestId }) => pullRequestId)
      .filter(({ most }) => most > 1)
      .map(({ most, key }) => `${most} runs publishing to pull request ${key} at once`),
    ...crowds(intervals, ({ taskId }) => taskId)
      .filter(({ most }) => most > 1)
      .map(({ most, key }) => `task ${key} ran ${most} times at once`),
    ...comparedWithClaims(world, intervals),
  ];
}

/** Ended runs have an attempt, the others are the tasks that are running. */
async function observeRuns({ ctx }: World): Promise<readonly Interval[]> {
  return await ctx.db.execute<Interval & Record<string, unknown>>(sql`
    with runs as (
      select task_id, fence, started_at, finished_at from attempts
      union all
      select id, fence, started_at, 'infinity' from tasks where status = 'running'
    )
    select r.task_id as "taskId", r.fence::float8 as fence, t.owner_id as "ownerId",
      t.pull_request_id as "pullRequestId", t.output_mode = 'forge' as publishes,
      (extract(epoch from r.started_at) * 1000000)::float8 as "from",
      (extract(epoch from r.finished_at) * 1000000)::float8 as "to"
    from runs r join tasks t on t.id = r.task_id`);
}

/** The most runs at one moment, for each key. One that begins when another ends does not meet it. */
function crowds(
  intervals: readonly Interval[],
  keyOf: (interval: Interval) => string,
): readonly { readonly key: string; readonly most: number }[] {
  return [...Map.groupBy(intervals, keyOf)].map(([key, own]) => {
    const steps = own
      .flatMap(({ from, to }) => [
        { at: from, step: 1 },
        { at: to, step: -1 },
      ])
      .sort((a, b) => a.at - b.at || a.step - b.step);
    let count = 0;
    let most = 0;
    for (const { step } of steps) {
      count += step;
      most = Math.max(most, count);
    }
    return { key, most };
  });
}

function comparedWithClaims({ open, closed }: World, intervals: readonly Interval[]): readonly string[] {
  const nameOf = ({ taskId, fence }: { taskId: string; fence: number }) => `${taskId} fence ${fence}`;
  const claimed = [...open, ...closed].map(nameOf);
  const recorded = new Set(intervals.map(nameOf));
  return [
    ...claimed
      .filter((run, index) => claimed.indexOf(run) !== index)
      .map((run) => `${run} was claimed twice`),
    ...claimed.filter((run) => !recorded.has(run)).map((run) => `${run} was claimed and left no trace`),
    ...[...recorded].filter((run) => !claimed.includes(run)).map((run) => `${run} ran and nobody claimed it`),
  ];
}
