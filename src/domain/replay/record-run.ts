/** Keeps what a run saw and got, so that its findings can be told and made again (replay-task.ts). */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { replaceTaskRecords, type TaskRecord } from "../../adapters/postgres/task-records.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import type { Decided, Material } from "../review/decide-findings.ts";
import { RunEnded } from "../review/run-ended.ts";
import { inFence, type ReviewRun } from "../review/writer.ts";
import { decidedJson, packDecision, packRun, type RunMaterial } from "./run-record.ts";

/** In the transaction that freezes the review. @param packed what packRun made before it */
export async function recordRun(
  tx: Tx,
  taskId: string,
  packed: readonly TaskRecord[],
  {
    found,
    material,
    decided,
  }: { readonly found: readonly Finding[]; readonly material: Material; readonly decided: Decided },
): Promise<void> {
  const { memory, scope, salt } = material;
  const decision = await packDecision({
    ...{ found, memory, scope, salt: Buffer.from(salt).toString("base64") },
    decided: decidedJson(decided),
  });
  await replaceTaskRecords(tx, taskId, [...packed, decision]);
}

/**
 * Runs the review, and where it fails keeps what it saw nevertheless: that tells why. A run that is being stopped has no
 * time for it.
 */
export async function recordingFailure<Result>(
  run: ReviewRun,
  material: () => Omit<RunMaterial, "asked">,
  review: () => Promise<Result>,
): Promise<Result> {
  try {
    return await review();
  } catch (error) {
    if (!run.signal.aborted) await recordFailure(run, await packRun({ ...material(), asked: null }));
    throw error;
  }
}

/** What goes wrong here hides nothing of why the review failed. */
async function recordFailure(run: ReviewRun, packed: readonly TaskRecord[]): Promise<void> {
  try {
    await inFence(run, (tx) => replaceTaskRecords(tx, run.task.taskId, packed));
  } catch (error) {
    if (!(error instanceof RunEnded))
      run.ctx.log.error({ err: error }, "what the failed review saw was not recorded");
  }
}
