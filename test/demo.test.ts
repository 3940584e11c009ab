import { expect, test } from "bun:test";
import { join } from "node:path";

test("the demo tells its story once and ends with the task's feedback as JSON on the last line", async () => {
  const demo = Bun.spawn([process.execPath, join(import.meta.dir, "../demo/demo.ts"), "--once"], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(demo.stdout).text(),
    new Response(demo.stderr).text(),
  ]);
  expect({ exitCode: await demo.exited, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const feedback = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  expect(feedback.totals.reactions).toEqual({ "+1": 1, "-1": 1 });
  expect(stdout).toContain("GitHub is simulated");
  expect(stdout).toContain("superseded, new_head");
}, 120_000);
