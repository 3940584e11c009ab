/** Keeps what a run saw and got, so that its findings can be told and made again (replay-task.ts). */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { replaceTaskRecords, type TaskRecord } from "../../adapters/postgres/task-records.ts";
import type { Part } from "../../adapters/reviewer/model/budget/part.ts";
import type { ModelCall } from "../../adapters/reviewer/model/model-call.ts";
import type { Finding, ReviewInput } from "../../adapters/reviewer/reviewer.ts";
import type { EffectiveConfiguration } from "../configuration/configuration.ts";
import type { AskedReviewers } from "../review/ask-reviewers.ts";
import type { Decided, Material } from "../review/decide-findings.ts";
import { RunEnded } from "../review/run-ended.ts";
import { inFence, type ReviewRun } from "../review/writer.ts";
import { decidedJson, packDecision, packRun, type SeenCall } from "./run-record.ts";

export interface RecordedRun {
  readonly asked: AskedReviewers;
  /** To be stored when the review is frozen. Made before, since a large diff takes a while. */
  readonly packed: readonly TaskRecord[];
}

/**
 * Has the reviewers asked and notes what they are told and what models answer. Where that fails, it is stored at once: it
 * tells why. A run that is being stopped has no time for it.
 */
export async function recordingRun(
  run: ReviewRun,
  { input, configuration }: { readonly input: ReviewInput; readonly configuration: EffectiveConfiguration },
  ask: (input: ReviewInput) => Promise<AskedReviewers>,
): Promise<RecordedRun> {
  const { files, brief } = input;
  const calls: SeenCall[] = [];
  const onModelCall = async (call: ModelCall, shown: Part) => {
    calls.push({ call, shown });
    await input.onModelCall(call, shown);
  };
  try {
    const asked = await ask({ ...input, onModelCall });
    return { asked, packed: await packRun({ files, brief, configuration, calls, asked }) };
  } catch (error) {
    if (!run.signal.aborted) {
      await recordFailure(run, await packRun({ files, brief, configuration, calls, asked: null }));
    }
    throw error;
  }
}

/** What goes wrong here hides nothing of why the review failed. */
async function recordFailure(run: ReviewRun, packed: readonly TaskRecord[]): Promise<void> {
  try {
    await inFence(run, (tx) => replaceTaskRecords(tx, run.task.taskId, packed));
  } catch (error) {
    if (error instanceof RunEnded) return;
    run.ctx.log.error({ err: error }, "what the failed review saw was not recorded");
  }
}

/** In the transaction that freezes the review. */
export async function recordRun(
  tx: Tx,
  taskId: string,
  packed: readonly TaskRecord[],
  decision: { readonly found: readonly Finding[]; readonly material: Material; readonly decided: Decided },
): Promise<void> {
  const { found, material, decided } = decision;
  const { memory, scope, salt } = material;
  const record = await packDecision({
    ...{ found, memory, scope, salt: Buffer.from(salt).toString("base64") },
    decided: decidedJson(decided),
  });
  await replaceTaskRecords(tx, taskId, [...packed, record]);
}
