/** Reviews of a whole reviewd whose dispatcher is killed at every step of publishing, and what is on the forge then. */
import { sql } from "drizzle-orm";
import type { PullRequestHandle } from "../../test/fakehub/scenario/pull-request.ts";
import type { RepositoryHandle } from "../../test/fakehub/scenario/repository.ts";
import { problems, type System, startSystem } from "../../test/scenarios/system.ts";
import { eventually } from "../../test/support/eventually.ts";
import { type ModelServer, startModelServer } from "../../test/support/model-server/model-server.ts";
import { say } from "../../test/support/model-server/reply.ts";
import { type Armed, createCrashPoints, findMissed, pointsOf } from "./crash-points.ts";

export interface CrashPlan {
  /** Go on until so many runs were killed, and at least one at each point. */
  readonly kills: number;
  /** Pull requests that are reviewed at the same time. */
  readonly lanes: number;
  readonly leaseSecs: number;
  readonly tell?: (progress: string) => void;
}

export interface CrashOutcome {
  /** Runs that a process died under. */
  readonly killed: number;
  /** Those of them that stood at a known point. */
  readonly byPoint: Readonly<Record<string, number>>;
  /** Whatever is missing on the forge, or not known of it, in words. */
  readonly lost: readonly string[];
  /** Whatever is there twice. */
  readonly repeated: readonly string[];
  /** Reviews that were ready to be published when the process died, and for which the model was asked again. */
  readonly askedAgain: readonly string[];
}

/**
 * Of what a call may take before it is given up: so long may the first run stand before all are killed. Then whatever
 * is on its way arrives while it may.
 */
const standShare = 0.3;
const callShare = 2 / 3;
/** A machine so slow that points are never reached ends here. */
const maxRounds = 60;
const arriveMs = 30_000;
/** Ends what hangs: a busy machine may take minutes. */
const finishMs = 600_000;

export async function playCrashes(plan: CrashPlan): Promise<CrashOutcome> {
  const { kills, lanes: count, leaseSecs, tell = () => {} } = plan;
  await using model = await startModelServer(() => say({ findings: [] }));
  // A process that starts asks for new tokens, and so many start in an hour only here.
  await using system = await startSystem({ roles: ["serve"], limits: { callsPerHour: 1_000_000 } });
  await using points = await createCrashPoints(system.hub, system.databaseUrl);
  const lanes = await openLanes(system, count);
  const start = () => startDispatcher(system, model, { concurrency: count, leaseSecs });
  const outcome = { killed: 0, byPoint: {} as Record<string, number> };
  const faults = { lost: [] as string[], repeated: [] as string[], askedAgain: [] as string[] };
  let dispatcher = await start();
  const isDone = () => outcome.killed >= kills && findMissed(outcome.byPoint).length === 0;
  for (let round = 0; !isDone() && round < maxRounds; round++) {
    const armed = await points.arm(pointsOf(round, outcome.byPoint), count);
    const pulls = await Promise.all(lanes.map((lane, at) => openPull(lane, `change-${round}-${at}-end`)));
    const standing = await awaitStanding(armed, { runs: count, callMs: leaseSecs * 1_000 * callShare });
    for (const [point, number] of Object.entries(standing))
      outcome.byPoint[point] = (outcome.byPoint[point] ?? 0) + number;
    await dispatcher.stop("SIGKILL");
    const frozen = await findFrozen(system);
    const asked = model.questions.length;
    await armed.release();
    dispatcher = await start();
    outcome.killed += await awaitEnd(system);
    for (const pull of pulls) {
      faults.lost.push(...(await findLost(system, pull)));
      faults.repeated.push(...findRepeated(pull));
      const isAsked = model.questions.slice(asked).some(({ prompt }) => prompt.includes(pull.title));
      if (isAsked && frozen.has(pull.title))
        faults.askedAgain.push(`${pull.title}: the model was asked again`);
    }
    await forget(system);
    const { lost, repeated, askedAgain } = faults;
    const found = lost.length + repeated.length + askedAgain.length;
    tell(`round ${round + 1}: ${outcome.killed} killed, ${found} faults`);
  }
  await dispatcher.stop("SIGKILL");
  return { ...outcome, ...faults };
}

/** Titles of what only has to be published: the model is not to be asked for it again. */
async function findFrozen({ db }: System): Promise<ReadonlySet<string>> {
  const rows = await db.execute<{ title: string }>(sql`
    select title from pull_requests p join publications on pull_request_id = p.id where kind = 'summary'`);
  return new Set(rows.map(({ title }) => title));
}

/** An owner each, so that no run waits for another's seat or content budget. */
async function openLanes(system: System, count: number): Promise<readonly RepositoryHandle[]> {
  const lanes: RepositoryHandle[] = [];
  for (let i = 0; i < count; i++)
    lanes.push(await system.hub.createRepository({ owner: `lane-${i}`, name: "shop" }));
  return lanes;
}

async function openPull(lane: RepositoryHandle, title: string): Promise<PullRequestHandle> {
  return await lane.openPullRequest({ author: "eve", title, branch: title, files: problems });
}

async function startDispatcher(
  system: System,
  model: ModelServer,
  { concurrency, leaseSecs }: { readonly concurrency: number; readonly leaseSecs: number },
) {
  return await system.start("dispatcher", {
    ...model.environment,
    MODELS: "anthropic/claude-opus-5",
    DISPATCHER_CONCURRENCY: String(concurrency),
    LEASE_SECS: String(leaseSecs),
    LOG_LEVEL: "info",
  });
}

/** Until all stand still, or the first of them has for as long as it may. */
async function awaitStanding(
  armed: Armed,
  { runs, callMs }: { readonly runs: number; readonly callMs: number },
): Promise<Readonly<Record<string, number>>> {
  let deadline = performance.now() + arriveMs;
  let isSomebody = false;
  for (;;) {
    const standing = await armed.standing();
    const total = Object.values(standing).reduce((sum, number) => sum + number, 0);
    if (total > 0 && !isSomebody) {
      isSomebody = true;
      deadline = performance.now() + callMs * standShare;
    }
    if (total >= runs || performance.now() > deadline) return standing;
    await Bun.sleep(20);
  }
}

/** Until nothing is left to do. Answers how many tasks were lost with their process. */
async function awaitEnd({ db }: System): Promise<number> {
  return await eventually(async () => {
    const [row] = await db.execute<{ open: number; lost: number }>(sql`
      select (select count(*) from tasks where status in ('pending', 'running'))::int
        + (select count(*) from publications where state in ('intended', 'uncertain'))::int as open,
        (select count(*) from tasks where lost_count > 0)::int as lost`);
    if (!row || row.open > 0) throw new Error(`left: ${JSON.stringify(await findLeft(db))}`);
    return row.lost;
  }, finishMs);
}

async function findLeft(db: System["db"]) {
  return await db.execute(sql`
    select t.status, t.reason, t.error, t.placement, t.attempt_count, t.lost_count, t.run_after - reviewd_now() as due,
      p.kind, p.state, p.error as why, p.run_after - reviewd_now() as written
    from tasks t left join publications p on p.task_id = t.id and p.state in ('intended', 'uncertain')
    where t.status in ('pending', 'running') or p.id is not null limit 10`);
}

async function findLost({ db }: System, pull: PullRequestHandle): Promise<readonly string[]> {
  const rows = await db.execute<{ external_id: string }>(sql`
    select c.external_id from review_comments c join pull_requests p on p.id = c.pull_request_id
    where p.title = ${pull.title} and c.gone_at is null`);
  const known = rows.map((row) => Number(row.external_id)).sort();
  const posted = [...pull.inlineComments(), ...pull.issueComments()].map(({ id }) => id).sort();
  const statuses = await db.execute<{ status: string; reason: string }>(sql`
    select t.status, t.reason from tasks t join pull_requests p on p.id = t.pull_request_id
    where p.title = ${pull.title}`);
  const wrong = [
    pull.reviews().length === 0 && "no review",
    pull.inlineComments().length < 2 && "a comment is missing",
    pull.issueComments().length === 0 && "no summary",
    pull.checks()[0]?.conclusion !== "neutral" && `check ${pull.checks()[0]?.conclusion}`,
    !Bun.deepEquals(known, posted) && `posted ${posted}, known ${known}`,
    statuses.map(({ status }) => status).join() !== "completed" && `tasks ${JSON.stringify(statuses)}`,
  ];
  return wrong.flatMap((why) => (why ? [`${pull.title}: ${why}`] : []));
}

function findRepeated(pull: PullRequestHandle): readonly string[] {
  const counts = {
    reviews: [pull.reviews().length, 1],
    comments: [pull.inlineComments().length, 2],
    summaries: [pull.issueComments().length, 1],
    checks: [pull.checks().length, 1],
  } as const;
  return Object.entries(counts).flatMap(([what, [number, most]]) =>
    number > most ? [`${pull.title}: ${number} ${what}`] : [],
  );
}

/** So that the next round counts its own. */
async function forget({ db }: System): Promise<void> {
  await db.execute(sql`delete from tasks`);
}
