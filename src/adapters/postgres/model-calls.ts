/** The model_calls table: the ledger of what language models were asked, what it came to and what it cost. */
import { count, eq, sql } from "drizzle-orm";
import type { ModelCall } from "../reviewer/model/model-call.ts";
import type { Db, Tx } from "./connect.ts";
import { modelCalls } from "./schema.ts";

export interface LedgerEntry {
  readonly ownerId: string;
  /** For what it was asked: a task, a command, or for neither. */
  readonly taskId: string | null;
  readonly commandId: string | null;
  readonly call: Omit<ModelCall, "request" | "response">;
}

export async function insertModelCall(db: Db | Tx, entry: LedgerEntry): Promise<void> {
  const { ownerId, taskId, commandId, call } = entry;
  const { purpose, model, promptHash, outcome, usage, cost, durationMs } = call;
  await db.insert(modelCalls).values({
    id: Bun.randomUUIDv7(),
    ownerId,
    taskId,
    commandId,
    purpose,
    model,
    promptHash,
    outcome,
    usageKnown: usage !== null,
    ...usage,
    costMicroDollars: cost?.microDollars ?? null,
    priceVersion: cost?.priceVersion ?? null,
    durationMs,
  });
}

export interface ModelSpending {
  readonly calls: number;
  /** Of them, those whose provider did not say what they used. */
  readonly callsOfUnknownUsage: number;
  /** `provider/model`, each once, by name. */
  readonly models: readonly string[];
  /** Of the calls whose usage is known. Input tokens include the cached ones. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  /** Null: some call's cost is not known, or there was none. */
  readonly costMicroDollars: number | null;
}

/** Over all attempts of the task. */
export async function sumModelCalls(db: Db | Tx, taskId: string): Promise<ModelSpending> {
  const [row] = await db
    .select({
      calls: count(),
      callsOfUnknownUsage: sql<number>`count(*) filter (where not ${modelCalls.usageKnown})`.mapWith(Number),
      models: sql<
        string[]
      >`coalesce(array_agg(distinct ${modelCalls.model} order by ${modelCalls.model}), '{}')`,
      inputTokens: sql<number>`coalesce(sum(${modelCalls.inputTokens}), 0)`.mapWith(Number),
      cachedInputTokens: sql<number>`coalesce(sum(${modelCalls.cachedInputTokens}), 0)`.mapWith(Number),
      outputTokens: sql<number>`coalesce(sum(${modelCalls.outputTokens}), 0)`.mapWith(Number),
      costMicroDollars: sql<number | null>`case when count(*) = count(${modelCalls.costMicroDollars})
        then sum(${modelCalls.costMicroDollars})::float8 end`,
    })
    .from(modelCalls)
    .where(eq(modelCalls.taskId, taskId));
  if (!row) throw new Error("an aggregate has a row");
  return row;
}
