/** A review by a language model, from the webhook to the ledger, by processes that each have their own login. */
import { expect, test } from "bun:test";
import { modelCalls } from "../../src/adapters/postgres/schema.ts";
import { eventually } from "../support/eventually.ts";
import { modelKey, startModelServer } from "../support/model-server/model-server.ts";
import { fail, say } from "../support/model-server/reply.ts";
import { startSystem, taskOf } from "./system.ts";

const files = { "src/cart.ts": "export function half(total: number) {\n  return total / 3;\n}\n" };
const finding = {
  path: "src/cart.ts",
  start_line: 2,
  line: 2,
  quote: "  return total / 3;",
  severity: "high",
  category: "correctness",
  title: "A half is computed as a third",
  body: "The function is called `half`, and divides by three.",
  suggestion: "  return total / 2;",
  confidence: "high",
};

test("what the model finds is said where it is, and every call is in the ledger", async () => {
  await using model = await startModelServer([
    fail(429, "rate_limit_error", "slow down", { headers: { "retry-after": "1" } }),
    "I found a mistake.",
    say({ findings: [finding] }, { usage: { inputTokens: 900, cachedInputTokens: 100, outputTokens: 80 } }),
  ]);
  await using system = await startSystem({ roles: ["serve"] });
  const dispatcher = await system.start("dispatcher", {
    ...model.environment,
    MODELS: "anthropic/claude-opus-5",
  });
  const pull = await system.repository.openPullRequest({
    author: "eve",
    title: "Halve",
    branch: "half",
    files,
  });

  const task = await taskOf(system, pull, "completed");
  expect(task).toMatchObject({ reason: "reviewed", attemptCount: 2 });
  await eventually(() => expect(pull.inlineComments()).toHaveLength(1));
  const [comment] = pull.inlineComments();
  expect(comment).toMatchObject({ path: "src/cart.ts", line: 2 });
  expect(comment?.body).toContain(finding.title);

  const rows = await system.db.select().from(modelCalls).orderBy(modelCalls.id);
  expect(rows.map(({ purpose, outcome, taskId }) => `${purpose} ${outcome} ${taskId}`)).toEqual([
    `review rate_limited ${task.id}`,
    `review invalid_output ${task.id}`,
    `repair answered ${task.id}`,
  ]);
  // 800 × $5 + 100 × $0.50 + 80 × $25, for a million each
  expect(rows[2]).toMatchObject({ inputTokens: 900, cachedInputTokens: 100, costMicroDollars: 6_050 });
  expect([...dispatcher.stdout, ...dispatcher.stderr].join()).not.toContain(modelKey);
});
