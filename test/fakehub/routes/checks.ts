/** Check runs. */
import { type CheckRequest, createCheckRun, updateCheckRun } from "../acts/checks.ts";
import type { Answer, Call, Routes } from "../call.ts";
import { notFound } from "../github-error.ts";
import { renderAnnotation, renderCheckRun } from "../render/check-run.ts";
import type { CheckRun } from "../state.ts";

export const checkRoutes = {
  "POST /repos/{owner}/{repo}/check-runs": async (call) => {
    const request = call.body<CheckRequest & { name: string; head_sha: string }>();
    const run = await createCheckRun(call.world, call.repository, request);
    return { status: 201, body: renderCheckRun(call.world, run) };
  },
  "GET /repos/{owner}/{repo}/check-runs/{check_run_id}": (call) => ({
    status: 200,
    body: renderCheckRun(call.world, getRun(call)),
  }),
  "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}": (call) => {
    const run = getRun(call);
    updateCheckRun(call.world, run, call.body<CheckRequest>());
    return { status: 200, body: renderCheckRun(call.world, run) };
  },
  "GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations": (call) => {
    const run = getRun(call);
    return call.list(run.annotations, (annotation) => renderAnnotation(call.world, run, annotation));
  },
  "GET /repos/{owner}/{repo}/commits/{ref}/check-runs": listForRef,
} satisfies Routes;

function getRun(call: Call): CheckRun {
  const run = call.world.checkRuns.get(call.number("check_run_id"));
  if (run?.repository !== call.repository) throw notFound();
  return run;
}

async function listForRef(call: Call): Promise<Answer> {
  const { world, repository } = call;
  const sha = await repository.git.findCommit(call.text("ref"));
  if (!sha) throw notFound();
  const matching = [...world.checkRuns.values()]
    .filter((run) => run.repository === repository && run.headSha === sha && isAskedFor(call, run))
    .toReversed();
  const runs = call.query("filter") === "all" ? matching : latestByName(matching);
  const page = call.page(runs);
  const shown = page.items.map((run) => renderCheckRun(world, run));
  return { status: 200, body: { total_count: runs.length, check_runs: shown }, headers: page.headers };
}

function isAskedFor(call: Call, run: CheckRun): boolean {
  const name = call.query("check_name");
  const status = call.query("status");
  const appId = call.query("app_id");
  if (name !== null && run.name !== name) return false;
  if (appId !== null && Number(appId) !== call.world.app.id) return false;
  return status === null || run.status === status;
}

/** Without `filter=all` only the newest run of each name is shown. Given newest first. */
function latestByName(runs: readonly CheckRun[]): CheckRun[] {
  return runs.filter((run, at) => runs.findIndex((other) => other.name === run.name) === at);
}
