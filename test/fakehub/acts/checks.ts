/** Check runs on commits. */
import { GitHubError, invalidField } from "../github-error.ts";
import { renderCheckRun } from "../render/check-run.ts";
import { renderCheckSuite } from "../render/check-suite.ts";
import type { Account, CheckAnnotation, CheckRun, Repository } from "../state.ts";
import { emitForRepository } from "../webhooks/emit.ts";
import type { World } from "../world.ts";

/** A check run as it is asked for; GitHub's schema of the request has been applied. */
export interface CheckRequest {
  readonly name?: string;
  readonly external_id?: string;
  readonly details_url?: string;
  readonly status?: CheckRun["status"];
  readonly conclusion?: string;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly output?: {
    readonly title?: string;
    readonly summary: string;
    readonly text?: string;
    readonly annotations?: readonly CheckAnnotation[];
  };
}

/** @throws GitHubError 422 */
export async function createCheckRun(
  world: World,
  repository: Repository,
  request: CheckRequest & { readonly name: string; readonly head_sha: string },
): Promise<CheckRun> {
  const headSha = await repository.git.findCommit(request.head_sha);
  if (headSha !== request.head_sha)
    throw new GitHubError(422, `No commit found for SHA: ${request.head_sha}`);
  const { id, nodeId } = world.nextId("checkRun");
  const run: CheckRun = {
    id,
    nodeId,
    repository,
    suiteId: suiteOf(world, repository, headSha),
    headSha,
    name: request.name,
    externalId: "",
    detailsUrl: null,
    status: "queued",
    conclusion: null,
    startedAt: world.clock.now(),
    completedAt: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
  };
  applyRequest(world, run, request);
  world.checkRuns.set(run.id, run);
  emitCheckRun(world, run, "created", world.app.bot);
  if (run.status === "completed") emitCheckRun(world, run, "completed", world.app.bot);
  return run;
}

/** A conclusion completes a run; more annotations are appended, all other fields are replaced. @throws GitHubError 422 */
export function updateCheckRun(world: World, run: CheckRun, request: CheckRequest): void {
  const wasCompleted = run.status === "completed";
  applyRequest(world, run, request);
  if (run.status === "completed" && !wasCompleted) emitCheckRun(world, run, "completed", world.app.bot);
}

function applyRequest(world: World, run: CheckRun, request: CheckRequest): void {
  if (request.status === "completed" && request.conclusion === undefined)
    throw invalidField("CheckRun", "conclusion", "missing_field", "A completed check run needs a conclusion");
  run.name = request.name ?? run.name;
  run.externalId = request.external_id ?? run.externalId;
  run.detailsUrl = request.details_url ?? run.detailsUrl;
  run.startedAt = request.started_at ?? run.startedAt;
  updateProgress(world, run, request);
  updateOutput(run, request.output);
}

function updateProgress(world: World, run: CheckRun, request: CheckRequest): void {
  run.status = request.conclusion === undefined ? (request.status ?? run.status) : "completed";
  const completed = run.status === "completed";
  run.conclusion = completed ? (request.conclusion ?? run.conclusion) : null;
  run.completedAt = completed ? (request.completed_at ?? run.completedAt ?? world.clock.now()) : null;
}

function updateOutput(run: CheckRun, output: CheckRequest["output"]): void {
  if (!output) return;
  run.title = output.title ?? run.title;
  run.summary = output.summary;
  run.text = output.text ?? run.text;
  run.annotations.push(...(output.annotations ?? []));
}

/** Somebody pressed "Re-run". */
export function rerequestCheckRun(world: World, run: CheckRun, by: Account): void {
  emitCheckRun(world, run, "rerequested", by);
}

function emitCheckRun(
  world: World,
  run: CheckRun,
  action: "created" | "completed" | "rerequested",
  sender: Account,
): void {
  const shown = { ...renderCheckRun(world, run), check_suite: renderCheckSuite(world, run) };
  const payload = { check_run: shown };
  emitForRepository(world, run.repository, { event: "check_run", action, sender, payload });
}

/** All of an App's runs on a commit are in one suite. */
function suiteOf(world: World, repository: Repository, headSha: string): number {
  const known = [...world.checkRuns.values()].find(
    (r) => r.repository === repository && r.headSha === headSha,
  );
  return known?.suiteId ?? world.nextId("checkSuite").id;
}
