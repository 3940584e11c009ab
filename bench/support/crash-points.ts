/**
 * The steps of publishing at which a dispatcher can be stopped: at every call to the forge, before and after it was
 * done there, and in every transaction that notes the start or the end of a write.
 */
import postgres from "postgres";
import type { Fakehub } from "../../test/fakehub/fakehub.ts";

/** A call to the forge, before or after it is done there; or what a publication becomes, as the trigger names it. */
type Point =
  | { readonly name: string; readonly route: string; readonly afterCommit: boolean }
  | { readonly name: string; readonly record: string };

const postCheck = "POST /repos/{owner}/{repo}/check-runs";
const postReview = "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
const listComments = "GET /repos/{owner}/{repo}/pulls/{pull_number}/comments";
const listConversation = "GET /repos/{owner}/{repo}/issues/{issue_number}/comments";
const postSummary = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
const patchCheck = "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}";

/** Those of a stage come one soon after the other. */
const stages: readonly (readonly Point[])[] = [
  [
    { name: "the check is on its way", route: postCheck, afterCommit: false },
    { name: "the check is opened, unanswered", route: postCheck, afterCommit: true },
  ],
  [
    { name: "the review is being marked as started", record: "review_uncertain" },
    { name: "the review is on its way", route: postReview, afterCommit: false },
    { name: "the review is posted, unanswered", route: postReview, afterCommit: true },
  ],
  [
    { name: "comments are to be read back", route: listComments, afterCommit: false },
    { name: "the review is being recorded", record: "review_posted" },
    { name: "the summary is looked for", route: listConversation, afterCommit: false },
    { name: "the summary is being marked as started", record: "summary_uncertain" },
  ],
  [
    { name: "the summary is on its way", route: postSummary, afterCommit: false },
    { name: "the summary is posted, unanswered", route: postSummary, afterCommit: true },
    { name: "the summary is being recorded", record: "summary_posted" },
  ],
  [
    { name: "the conclusion is being marked as started", record: "check_uncertain_completed" },
    { name: "the conclusion is on its way", route: patchCheck, afterCommit: false },
    { name: "the conclusion is posted, unanswered", route: patchCheck, afterCommit: true },
    { name: "the conclusion is being recorded", record: "check_posted_completed" },
  ],
];
const records = stages.flat().flatMap((point) => ("record" in point ? [point.record] : []));

const pointNames = stages.flat().map(({ name }) => name);

/** Names of the points to stop at: stage by stage, and where that is through, those of a stage nobody stood at yet. */
export function pointsOf(round: number, stoodAt: Readonly<Record<string, number>>): readonly string[] {
  const missed = new Set(findMissed(stoodAt));
  const behind =
    round < stages.length ? undefined : stages.find((stage) => stage.some(({ name }) => missed.has(name)));
  const names = (behind ?? stages[round % stages.length] ?? []).map(({ name }) => name);
  return behind ? names.filter((name) => missed.has(name)) : names;
}

export function findMissed(stoodAt: Readonly<Record<string, number>>): readonly string[] {
  return pointNames.filter((name) => stoodAt[name] === undefined);
}

export interface CrashPoints extends AsyncDisposable {
  /** Has these points stop so many runs in all, those that come by first. */
  readonly arm: (names: readonly string[], runs: number) => Promise<Armed>;
}

export interface Armed {
  /** How many runs stand still now, by point. */
  readonly standing: () => Promise<Readonly<Record<string, number>>>;
  /** Lets go of all of them: what was on its way arrives now. */
  readonly release: () => Promise<void>;
}

const lockKey = 7_046_029;

/** A trigger makes the database stand still, so the login needs the right to make one. */
export async function createCrashPoints(hub: Fakehub, databaseUrl: string): Promise<CrashPoints> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  await sql.unsafe(installSql);
  const arm = async (names: readonly string[], runs: number): Promise<Armed> => {
    const points = stages.flat().filter(({ name }) => names.includes(name));
    const each = Math.ceil(runs / points.length);
    const reached: Record<string, number> = {};
    const holds = points.flatMap((point) => {
      if (!("route" in point)) return [];
      return Array.from({ length: each }, () => {
        const hold = hub.hold(point.route, point);
        void hold.reached.then(() => {
          reached[point.name] = (reached[point.name] ?? 0) + 1;
        });
        return hold;
      });
    });
    await sql.unsafe(`select pg_advisory_lock(${lockKey})`);
    for (const point of points) {
      if (!("record" in point)) continue;
      await sql.unsafe(`alter sequence crash_${point.record} restart`);
      await sql.unsafe(`insert into crash_points values ('crash_${point.record}', ${each})`);
    }
    return {
      standing: async () => ({ ...reached, ...(await findStanding(sql, points, each)) }),
      release: async () => {
        await sql.unsafe("delete from crash_points");
        for (const hold of holds) hold.release();
        hub.clearFaults();
        await sql.unsafe(`select pg_advisory_unlock(${lockKey})`);
      },
    };
  };
  return { arm, [Symbol.asyncDispose]: () => sql.end() };
}

async function findStanding(
  sql: postgres.Sql,
  points: readonly Point[],
  each: number,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const point of points) {
    if (!("record" in point)) continue;
    const [row] = await sql.unsafe<{ last_value: string; is_called: boolean }[]>(
      `select last_value, is_called from crash_${point.record}`,
    );
    if (row?.is_called) counts[point.name] = Math.min(each, Number(row.last_value));
  }
  return counts;
}

/** Sequences count outside of transactions, so that whoever stands still keeps nobody else from passing. */
const installSql = `
create table crash_points (point text primary key, stops integer not null);
${records.map((record) => `create sequence crash_${record};`).join("\n")}
create function crash_here() returns trigger language plpgsql security definer as $$
declare
  here text := 'crash_' || new.kind || '_' || new.state
    || case new.kind when 'check' then '_' || (new.payload #>> '{check,status}') else '' end;
  most integer := (select stops from crash_points where point = here);
begin
  if most is not null and nextval(here::regclass) <= most then
    perform pg_advisory_xact_lock_shared(${lockKey});
  end if;
  return new;
end $$;
create trigger crash_here before update of state on publications for each row
  when (old.state is distinct from new.state) execute function crash_here();
`;
