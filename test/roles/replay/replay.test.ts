import { expect, test } from "bun:test";
import { runReviewd } from "../../support/run-reviewd.ts";

test.each([
  [[], "replay needs a task's id"],
  [["one"], '"one" is no task\'s id'],
  [["--prompts"], "--prompts"],
  [[Bun.randomUUIDv7(), "two"], "replay takes one task, got also: two"],
])("%p is wrong usage", async (args, said) => {
  const { exitCode, stderr } = await runReviewd(["replay", ...args]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(said);
  expect(stderr).toContain("\n\nUsage: reviewd replay TASK");
});
