/** The way back from intendCheckClosure: what a task was to write is to be written again, its check as well. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import {
  abandonOtherChecks,
  endPublication,
  findPublications,
  type Publication,
} from "../../adapters/postgres/publications.ts";
import { reopenCheck, reopenWrites } from "../../adapters/postgres/task-retries.ts";
import type { Task } from "../../adapters/postgres/tasks.ts";
import { completedCheck, runningCheck } from "./render-check.ts";
import { readReport } from "./report.ts";

/**
 * Called in the transaction that puts the task back into the queue; the caller holds the pull request's lock. A review
 * that was frozen is published as it is: the reviewer is not asked again.
 */
export async function reopenPublications(
  tx: Tx,
  { id: taskId, pullRequestId, headSha, outputMode }: Task,
): Promise<void> {
  const written = await findPublications(tx, taskId);
  await reopenWrites(tx, taskId);
  const notice = written.find(({ kind, state }) => kind === "notice" && state === "intended");
  if (notice)
    await endPublication(tx, { id: notice.id, state: "abandoned", error: "the task is tried again" });
  const check = written.find((one): one is Publication<"check"> => one.kind === "check");
  if (!check || outputMode === "app") return;
  const { externalId } = check.payload;
  await abandonOtherChecks(tx, { taskId, pullRequestId, externalId });
  const summary = written.find((one): one is Publication<"summary"> => one.kind === "summary");
  const toSay = summary
    ? completedCheck(await readReport(tx, { taskId, pullRequestId, headSha }, summary.payload))
    : runningCheck(headSha);
  await reopenCheck(tx, { id: check.id, payload: { ...check.payload, check: toSay } });
}
