import { expect, test } from "bun:test";
import { join } from "node:path";

async function runDemo(...args: readonly string[]): Promise<string> {
  const demo = Bun.spawn([process.execPath, join(import.meta.dir, "../demo/demo.ts"), "--once", ...args], {
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/" },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(demo.stdout).text(),
    new Response(demo.stderr).text(),
  ]);
  expect({ exitCode: await demo.exited, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

test("the demo tells its story once and ends with the task's feedback as JSON on the last line", async () => {
  const stdout = await runDemo();
  const feedback = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  expect(feedback.totals.reactions).toEqual({ "+1": 1, "-1": 1 });
  expect(stdout).toContain("GitHub is simulated");
  expect(stdout).toContain("superseded, new_head");
}, 120_000);

test("with a model, its findings are there, a question is answered, and the review is made again", async () => {
  const stdout = await runDemo("--model");
  expect(stdout).toContain("the language model is a scripted one");
  expect(stdout).toContain("A discount can make the total negative");
  expect(stdout).toMatch(/Reviewed by rules and `openai-compatible\/scripted`\. [\d,]+ tokens in, \d+ out\./);
  expect(stdout).toContain("Because the discount does not come from you");
  expect(stdout).toContain("The same byte for byte: ");
}, 120_000);
