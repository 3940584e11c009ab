/** What an ended task still owes the forge: its check closed, and nothing else written any more. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { insertFailureNotice } from "../../adapters/postgres/outbox.ts";
import {
  endPublication,
  findPublications,
  insertPublication,
  intendPayload,
  type Publication,
} from "../../adapters/postgres/publications.ts";
import { getPullRequestPlace } from "../../adapters/postgres/pull-request-place.ts";
import { lockTask, type TaskReason } from "../../adapters/postgres/tasks.ts";
import { checkExternalId } from "./check-external-id.ts";
import { type ClosingStatus, closedCheck } from "./closed-check.ts";

export interface EndedTask {
  readonly taskId: string;
  readonly status: ClosingStatus;
  readonly reason: TaskReason;
}

/** Failures that the forge would not let us tell. */
const untellable: ReadonlySet<TaskReason> = new Set(["permission_denied", "pull_request_gone"]);

/**
 * Called in the transaction that ends a task without a review; the caller holds the pull request's and the task's
 * locks. Writes that were never started are abandoned; one that may have been done is left to the outbox, which
 * looks. The check is the only place where a failure is told, so it is opened for one that came too early for it.
 */
export async function intendCheckClosure(tx: Tx, ended: EndedTask): Promise<void> {
  const publications = await findPublications(tx, ended.taskId);
  for (const publication of publications) {
    if (publication.kind !== "check" && publication.state === "intended") await abandon(tx, publication);
  }
  const check = publications.find((publication) => publication.kind === "check");
  const posted = publications.some(({ kind, state }) => kind !== "check" && state === "posted");
  const closed = closedCheck(ended.status, ended.reason, posted);
  if (ended.status === "failed" && !untellable.has(ended.reason)) {
    await insertFailureNotice(tx, { taskId: ended.taskId, payload: { text: failureNotice(closed.summary) } });
  }
  if (!check) return await openClosedCheck(tx, ended, closed);
  const neverShown = check.state === "intended" && check.externalId === null && check.attemptCount === 0;
  if (neverShown && ended.status !== "failed") return await abandon(tx, check);
  await intendPayload<"check">(tx, { id: check.id, payload: { ...check.payload, check: closed } });
}

function failureNotice(summary: string): string {
  return `### The review failed\n\n${summary} The comment \`/reviewd review\` asks for another one.`;
}

async function openClosedCheck(
  tx: Tx,
  { taskId, status, reason }: EndedTask,
  check: ReturnType<typeof closedCheck>,
): Promise<void> {
  if (status !== "failed" || untellable.has(reason)) return;
  const task = await lockTask(tx, taskId);
  if (!task) return;
  const place = await getPullRequestPlace(tx, task.pullRequestId);
  await insertPublication(tx, {
    id: Bun.randomUUIDv7(),
    taskId,
    pullRequestId: task.pullRequestId,
    kind: "check",
    payload: { headSha: task.headSha, externalId: checkExternalId(place, task), check },
  });
}

async function abandon(tx: Tx, { id }: Publication): Promise<void> {
  await endPublication(tx, { id, state: "abandoned", error: null });
}
