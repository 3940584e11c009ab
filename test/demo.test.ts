import { expect, test } from "bun:test";
import { join } from "node:path";
import { startModelServer } from "./support/model-server/model-server.ts";
import { fail } from "./support/model-server/reply.ts";

async function runDemo(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await endDemo(args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

async function endDemo(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const demo = Bun.spawn([process.execPath, join(import.meta.dir, "../demo/demo.ts"), "--once", ...args], {
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(demo.stdout).text(),
    new Response(demo.stderr).text(),
  ]);
  return { exitCode: await demo.exited, stdout, stderr };
}

test("the demo tells its story once and ends with the task's feedback as JSON on the last line", async () => {
  const stdout = await runDemo();
  const feedback = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  expect(feedback.totals.reactions).toEqual({ "+1": 1, "-1": 1 });
  expect(stdout).toContain("GitHub is simulated");
  expect(stdout).toContain("superseded, new_head");
});

test("with a model, its findings are there, a question is answered, and the review is made again", async () => {
  const stdout = await runDemo("--model");
  expect(stdout).toContain("the language model is a scripted one");
  expect(stdout).toContain("A discount can make the total negative");
  expect(stdout).toMatch(/Reviewed by rules and `openai-compatible\/scripted`\. [\d,]+ tokens in, \d+ out\./);
  expect(stdout).toContain("Because the discount does not come from you");
  expect(stdout).toContain("The same byte for byte: ");
});

test("with a model that does not take the key, it says so and what to do, and ends", async () => {
  await using server = await startModelServer();
  server.follow(Array.from({ length: 20 }, () => fail(401, "authentication_error", "invalid x-api-key")));
  const env = { ...server.environment, MODELS: "anthropic/claude-opus-5" };
  const { exitCode, stdout, stderr } = await endDemo(["--model"], env);
  expect(exitCode).toBe(1);
  expect(stdout).toContain("an attempt failed: The language model's provider does not accept the key");
  expect(stderr).toStartWith("\nThe task is pending, action_required.\nThe language model did not review.");
});
