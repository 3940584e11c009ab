/**
 * Somebody asks for a failed or cancelled task again: the same task, with the configuration it was stored with. Where the
 * repository has dry runs by now, it posts nothing.
 */
import { getStoredLayers } from "../../adapters/postgres/repository-configurations.ts";
import { findStandIn, lockTaskToRetry, requeueTask } from "../../adapters/postgres/task-retries.ts";
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import type { Context } from "../../context.ts";
import { gateRulesOf } from "../configuration/gate-rules.ts";
import { reopenPublications } from "../review/reopen-publications.ts";
import { priorities } from "./request-review.ts";
import { type RetryRefusal, refuseRetry } from "./retry-refusal.ts";

/** Null: it is pending again, with all its attempts. */
export async function retryTask(
  { db }: Context,
  taskId: string,
): Promise<RetryRefusal | "unknown_task" | null> {
  return await inTransaction(db, async (tx) => {
    const facts = await lockTaskToRetry(tx, taskId);
    if (!facts) return "unknown_task";
    const standIn = await findStandIn(tx, facts.task);
    const rules = gateRulesOf(await getStoredLayers(tx, facts.task));
    const refusal = refuseRetry({ ...facts, rules, standIn: standIn?.status ?? null });
    if (refusal !== null) return refusal;
    const task = facts.reviewMode === "dry_run" ? { ...facts.task, outputMode: "app" as const } : facts.task;
    const requeued = await requeueTask(tx, task, { priority: priorities.rerequest });
    if (!requeued) return "already_queued";
    await reopenPublications(tx, task);
    return null;
  });
}
