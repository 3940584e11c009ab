import { afterAll, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { sumModelCalls } from "../../../src/adapters/postgres/model-calls.ts";
import { modelCalls } from "../../../src/adapters/postgres/schema.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import type { ModelCall } from "../../../src/adapters/reviewer/model/model-call.ts";
import { recordModelCall } from "../../../src/domain/review/record-model-call.ts";
import { createLog } from "../../../src/log.ts";
import { createTestDatabase } from "../../support/database.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
afterAll(() => database.close());

const call: ModelCall = {
  purpose: "review",
  model: "openai/gpt-5.1",
  promptHash: "0".repeat(64),
  outcome: "answered",
  usage: { inputTokens: 3_000_000_000 / 2, cachedInputTokens: 500, outputTokens: 70 },
  cost: { microDollars: 3_000_000_000, priceVersion: "2026-08" },
  durationMs: 1_234,
  request: { system: "the system text", prompt: "the prompt" },
  response: "the answer",
};

async function startTask() {
  const pullRequest = await seedPullRequest(db, await seedOwner(db));
  const { id: taskId } = await db.transaction((tx) => insertTask(tx, newTask(pullRequest)));
  const lines: string[] = [];
  const ctx = { db, log: createLog("info", {}, { write: (line) => lines.push(line) }) };
  return { taskId, lines, run: { ctx, task: { ownerId: pullRequest.ownerId, taskId } } };
}

test("a call is a row, and a line of the log, neither with what was said", async () => {
  const { taskId, lines, run } = await startTask();
  await recordModelCall(run, call);
  const rows = await db.select().from(modelCalls).where(eq(modelCalls.taskId, taskId));
  expect(rows).toMatchObject([
    {
      ownerId: run.task.ownerId,
      commandId: null,
      purpose: "review",
      model: "openai/gpt-5.1",
      outcome: "answered",
      usageKnown: true,
      inputTokens: 1_500_000_000,
      costMicroDollars: 3_000_000_000,
      priceVersion: "2026-08",
      durationMs: 1_234,
    },
  ]);
  expect(lines.join()).toContain("gpt-5.1");
  expect(`${JSON.stringify(rows)}${lines.join()}`).not.toMatch(/the (system text|prompt|answer)/);
});

test("a task's calls are summed over its attempts, beyond what one column holds", async () => {
  const { taskId, run } = await startTask();
  await recordModelCall(run, call);
  await recordModelCall(run, { ...call, purpose: "repair", model: "anthropic/claude-opus-5" });
  await recordModelCall((await startTask()).run, call);
  expect(await sumModelCalls(db, taskId)).toEqual({
    calls: 2,
    callsOfUnknownUsage: 0,
    models: ["anthropic/claude-opus-5", "openai/gpt-5.1"],
    inputTokens: 3_000_000_000,
    cachedInputTokens: 1_000,
    outputTokens: 140,
    costMicroDollars: 6_000_000_000,
  });
});

test("what a provider does not say makes the cost unknown, not nothing", async () => {
  const { taskId, run } = await startTask();
  expect(await sumModelCalls(db, taskId)).toMatchObject({ calls: 0, models: [], costMicroDollars: null });
  await recordModelCall(run, call);
  await recordModelCall(run, { ...call, outcome: "unavailable", usage: null, cost: null, response: null });
  expect(await sumModelCalls(db, taskId)).toMatchObject({
    calls: 2,
    callsOfUnknownUsage: 1,
    outputTokens: 70,
    costMicroDollars: null,
  });
});
