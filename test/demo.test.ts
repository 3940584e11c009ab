import { expect, test } from "bun:test";
import { join } from "node:path";
import { z } from "zod";
import { eventually } from "./support/eventually.ts";
import { startModelServer } from "./support/model-server/model-server.ts";
import { fail } from "./support/model-server/reply.ts";

const suppression = z.object({ id: z.string(), subject: z.string() });

async function runDemo(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await endDemo(args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

async function endDemo(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const demo = startDemo(["--once", ...args], env);
  const [stdout, stderr] = await Promise.all([
    new Response(demo.stdout).text(),
    new Response(demo.stderr).text(),
  ]);
  return { exitCode: await demo.exited, stdout, stderr };
}

function startDemo(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return Bun.spawn([process.execPath, join(import.meta.dir, "../demo/demo.ts"), ...args], {
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** What it has printed so far. */
function follow(stream: ReadableStream<Uint8Array>): () => string {
  let text = "";
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  };
  void read();
  return () => text;
}

/** Sends a form of the page at `url`; answers where it goes on. */
async function send(url: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const sent = await fetch(url, {
    method: "POST",
    body: new URLSearchParams(fields),
    redirect: "manual",
  });
  expect(sent.status).toBe(303);
  return sent.headers.get("location") ?? "";
}

test("the demo tells its story once and ends with the task's feedback as JSON on the last line", async () => {
  const stdout = await runDemo();
  const feedback = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  expect(feedback.totals.reactions).toEqual({ "+1": 1, "-1": 1 });
  expect(stdout).toContain("GitHub is simulated");
  expect(stdout).toContain("superseded, new_head");
  expect(stdout).toContain("7 findings on lines, 7 before the pushes");
  expect(stdout).toMatch(/\nThe whole of GET \/tasks\/[\w-]+\/feedback, as JSON:\n\{.+\}\n$/);
});

test("staying up, it lets people vote a rule down and have it suppressed, and ends with Ctrl-C", async () => {
  const demo = startDemo([]);
  const printed = follow(demo.stdout);
  const stderr = follow(demo.stderr);
  const [, page = "", url = "", token = ""] = await eventually(() => {
    const pattern = /the pull request +(\S+)[\s\S]+ (\S+)\/docs[\s\S]+TOKEN=(\S+)[\s\S]+Ctrl-C stops/;
    const found = pattern.exec(printed());
    if (!found) throw new Error(`it is not there yet:\n${printed()}${stderr()}`);
    return found;
  });
  const opened = await send(page, { do: "open" });
  const comments = await eventually(async () => {
    const found = (await (await fetch(opened)).text()).matchAll(/id="(discussion_r\d+)"/g);
    const names = [...found].map(([, name = ""]) => name);
    expect(names).toHaveLength(3);
    return names;
  });
  for (const comment of comments)
    await send(opened, { do: "react", as: "ada, bob and cleo", comment, content: "-1" });
  const headers = { authorization: `Bearer ${token}` };
  const proposal = await eventually(async () => {
    await send(opened, { do: "count" });
    const answer = await fetch(`${url}/suppressions?state=proposed`, { headers });
    const { suppressions } = z.object({ suppressions: z.array(suppression) }).parse(await answer.json());
    expect(suppressions).toMatchObject([{ subject: "dockerfile/mutable-tag" }]);
    return suppressions[0];
  });
  const approved = await fetch(`${url}/suppressions/${proposal?.id}/approve`, { method: "POST", headers });
  expect(approved.status).toBe(200);
  await send(opened, { do: "push" });
  await eventually(async () => expect(await (await fetch(opened)).text()).toContain("Suppressed here"));

  const pids = [...printed().matchAll(/\(process (\d+)\)/g)].map(([, pid]) => Number(pid));
  expect(pids.length).toBeGreaterThan(4);
  demo.kill("SIGINT");
  expect({ exitCode: await demo.exited, stderr: stderr() }).toEqual({ exitCode: 0, stderr: "" });
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test("wrong arguments are told with the usage", async () => {
  const { exitCode, stderr } = await endDemo(["--onec"]);
  expect(exitCode).toBe(2);
  expect(stderr).toStartWith("The demo does not know: --once --onec\n\nUsage: bun run demo");
  const help = await endDemo(["--help"]);
  expect({ ...help, stdout: help.stdout.split("\n")[0] }).toEqual({
    exitCode: 0,
    stdout: "Usage: bun run demo [--model] [--once]",
    stderr: "",
  });
});

test("with a model, its findings are there, a question is answered, and the review is made again", async () => {
  const stdout = await runDemo("--model");
  expect(stdout).toContain("the language model is a scripted one");
  expect(stdout).toContain("A discount can make the total negative");
  expect(stdout).toMatch(/Reviewed by rules and `openai-compatible\/scripted`\. [\d,]+ tokens in, \d+ out\./);
  expect(stdout).toContain("Because the discount does not come from you");
  expect(stdout).toContain("The same byte for byte: ");
  expect(stdout).toContain("9 findings on lines, 9 before the pushes");
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
