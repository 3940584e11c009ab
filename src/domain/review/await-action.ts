/**
 * Reviews that cannot go on until somebody acts. They wait as pending tasks, which costs them no attempt; one in a while
 * tries whether it was done, and the first that succeeds lets the others go on. It is told once.
 */
import { endAction, noteAction, probeAction } from "../../adapters/postgres/installations.ts";
import { insertActionNotice } from "../../adapters/postgres/outbox.ts";
import {
  findPublication,
  getPublication,
  intendPayload,
  isOpen,
} from "../../adapters/postgres/publications.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import { ReviewdError } from "../../errors.ts";
import { requiredAction } from "../owner/required-action.ts";
import type { RunOutcome } from "../task/settlement.ts";
import { checkWrite } from "./check-write.ts";
import { actionCheck } from "./render-check.ts";
import { writeOnce } from "./write-once.ts";
import { inGoingRun, type ReviewRun } from "./writer.ts";

/** Does the work unless it has to wait for somebody to act, and sees by its end whether it has to. */
export async function awaitingAction(run: ReviewRun, work: () => Promise<RunOutcome>): Promise<RunOutcome> {
  const { ctx, place, task } = run;
  const { actionRequired } = place;
  // What a person asks for is tried, and tells them.
  const waits = task.trigger === "webhook" || task.trigger === "sweep";
  if (waits && actionRequired !== null) {
    const delayMs = await probeAction(ctx.db, place.pullRequestId);
    if (delayMs > 0) return { kind: "retry", reason: "action_required", error: actionRequired, delayMs };
  }
  try {
    const outcome = await work();
    if (actionRequired !== null && outcome.kind === "completed") await goOn(run);
    return outcome;
  } catch (error) {
    const text = requiredAction(error);
    if (!waits || text === null) throw error;
    return { kind: "retry", reason: "action_required", error: text, delayMs: await demand(run, text) };
  }
}

async function goOn({ ctx, place }: ReviewRun): Promise<void> {
  await inTransaction(ctx.db, (tx) => endAction(tx, place.pullRequestId));
  ctx.log.info("what somebody had to do was done; reviews go on");
}

/** Returns how long to wait (milliseconds). */
async function demand(run: ReviewRun, text: string): Promise<number> {
  const { ctx, place, task } = run;
  const { pullRequestId } = place;
  const mayTell = task.outputMode === "forge";
  const { tell, waitMs } = await inTransaction(ctx.db, async (tx) => {
    const noted = await noteAction(tx, { pullRequestId, text, mayTell });
    const notice = `### Reviews are waiting\n\n${text} Then they go on by themselves.`;
    if (noted.tell) await insertActionNotice(tx, { pullRequestId, payload: { text: notice } });
    return noted;
  });
  ctx.log.error({ text, tell }, "somebody has to act before reviews can go on");
  await tellInCheck(run, text);
  return waitMs;
}

/** Its check would say for hours that the review is on. Where it cannot be written either, it is left. */
async function tellInCheck(run: ReviewRun, text: string): Promise<void> {
  const { taskId } = run;
  try {
    const check = await inGoingRun(run, async (tx) => {
      const found = await findPublication(tx, taskId, "check");
      if (!found) return null;
      await intendPayload<"check">(tx, {
        id: found.id,
        payload: { ...found.payload, check: actionCheck(text) },
      });
      return await getPublication(tx, taskId, "check");
    });
    if (check && isOpen(check)) await writeOnce(run, checkWrite(run, check));
  } catch (error) {
    if (!(error instanceof ReviewdError)) throw error;
    run.ctx.log.warn({ err: error }, "the check does not say that the review waits");
  }
}
