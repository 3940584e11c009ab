import { afterAll, expect, test } from "bun:test";
import { insertModelCall } from "../../../src/adapters/postgres/model-calls.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";
import { startApi } from "./api-client.ts";

const api = await startApi();
const { db } = api;
afterAll(() => api.close());

async function seedTask() {
  const ownerId = await seedOwner(db);
  const pullRequest = await seedPullRequest(db, ownerId);
  const { id: taskId } = await db.transaction((tx) => insertTask(tx, newTask(pullRequest)));
  return { ownerId, taskId, token: await api.createToken(["review:read"], ownerId) };
}

test("a task that asked no model has used nothing", async () => {
  const { taskId, token } = await seedTask();
  const { body } = await api.get(`/tasks/${taskId}/model-usage`, token);
  expect(body).toEqual({
    ...{ task_id: taskId, calls: 0, calls_of_unknown_usage: 0, models: [], cost_micro_dollars: null },
    ...{ input_tokens: 0, cached_input_tokens: 0, output_tokens: 0 },
  });
});

test("calls add up, and a cost that is not known of one is not known of all", async () => {
  const { ownerId, taskId, token } = await seedTask();
  const call = {
    purpose: "review",
    model: "anthropic/some-model",
    promptHash: "p",
    outcome: "answered",
    usage: { inputTokens: 100, cachedInputTokens: 40, outputTokens: 10 },
    cost: { microDollars: 700, priceVersion: "2026-08" },
    durationMs: 5,
  } as const;
  const entry = { ownerId, taskId, commandId: null };
  await insertModelCall(db, { ...entry, call });
  await insertModelCall(db, { ...entry, call: { ...call, purpose: "repair" } });
  const path = `/tasks/${taskId}/model-usage`;
  expect((await api.get(path, token)).body).toMatchObject({
    ...{ calls: 2, models: ["anthropic/some-model"], cost_micro_dollars: 1_400 },
    ...{ input_tokens: 200, cached_input_tokens: 80, output_tokens: 20 },
  });
  await insertModelCall(db, { ...entry, call: { ...call, usage: null, cost: null } });
  expect((await api.get(path, token)).body).toMatchObject({
    ...{ calls: 3, calls_of_unknown_usage: 1, cost_micro_dollars: null, input_tokens: 200 },
  });
});

test("another owner's task is not there", async () => {
  const [mine, other] = [await seedTask(), await seedTask()];
  const { status } = await api.get(`/tasks/${other.taskId}/model-usage`, mine.token);
  expect(status).toBe(404);
});
