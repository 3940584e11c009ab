/** Shows on the commit that its review is on, in the one check run that will also say how it ended. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import {
  abandonOtherChecks,
  findPublication,
  getPublication,
  insertPublication,
  intendPayload,
  type Publication,
} from "../../adapters/postgres/publications.ts";
import { checkExternalId } from "./check-external-id.ts";
import { runningCheck } from "./render-check.ts";
import { inGoingRun, type ReviewRun } from "./writer.ts";

/** The task's check, as it is to be written. A check that an earlier task of the same head left is taken over. */
export async function openCheck(run: ReviewRun): Promise<Publication<"check">> {
  const { place, task } = run;
  return await inGoingRun(run, async (tx) => {
    const existing = await findPublication(tx, task.taskId, "check");
    if (existing) return await showAgain(tx, run, existing);
    const externalId = checkExternalId(place, { ...task, id: task.taskId });
    await abandonOtherChecks(tx, { taskId: task.taskId, pullRequestId: task.pullRequestId, externalId });
    await insertPublication(tx, {
      id: Bun.randomUUIDv7(),
      taskId: task.taskId,
      pullRequestId: task.pullRequestId,
      kind: "check",
      payload: { headSha: task.headSha, externalId, check: runningCheck(task.headSha) },
    });
    return await getPublication(tx, task.taskId, "check");
  });
}

/** One that told somebody to act says that the review is on again. */
async function showAgain(
  tx: Tx,
  { task }: ReviewRun,
  check: Publication<"check">,
): Promise<Publication<"check">> {
  const { id, payload } = check;
  if (payload.check.conclusion !== "action_required") return check;
  await intendPayload<"check">(tx, { id, payload: { ...payload, check: runningCheck(task.headSha) } });
  return await getPublication(tx, task.taskId, "check");
}
