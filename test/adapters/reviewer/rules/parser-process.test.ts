import { afterAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parserFolderPrefix, type TreeJob } from "../../../../src/adapters/reviewer/rules/job.ts";
import { type ParserLimits, ParserProcess } from "../../../../src/adapters/reviewer/rules/parser-process.ts";
import { residentBytes } from "../../../../src/adapters/reviewer/rules/resident-bytes.ts";
import { eventually } from "../../../support/eventually.ts";
import { hangingScript, overflowingPython, swellingPython } from "./hostile-text.ts";

const megabyte = 1_024 ** 2;
const generous: ParserLimits = { jobMs: 60_000, memoryBytes: 2_048 * megabyte };
const never = new AbortController().signal;
const started: ParserProcess[] = [];
afterAll(() => Promise.all(started.map((parser) => parser[Symbol.asyncDispose]())));

async function startParser(limits: ParserLimits = generous): Promise<ParserProcess> {
  const parser = await ParserProcess.start(tmpdir(), limits);
  started.push(parser);
  return parser;
}

function treeJob(language: TreeJob["language"], path: string, text: string): TreeJob {
  const added = [[1, text.split("\n").length]] as const;
  return { kind: "tree", path, language, text, base: null, isNew: true, added };
}

const small = treeJob("python", "a.py", "x = yaml.load(text)\n");

describe("a parser process", () => {
  test("answers one job after another", async () => {
    const parser = await startParser();
    for (const _ of [1, 2, 3]) {
      const outcome = await parser.run(small, never);
      expect(outcome.kind === "done" && outcome.hits.map((hit) => hit.ruleId)).toEqual([
        "python/unsafe-yaml-load",
      ]);
    }
    expect(await parser.isFit()).toBe(true);
  });

  test.skipIf(process.platform !== "linux")("has no environment, and leaves no file behind", async () => {
    const parser = await startParser();
    expect(readFileSync(`/proc/${parser.pid}/environ`, "latin1")).toBe("");
    const folder = readlinkSync(`/proc/${parser.pid}/cwd`);
    expect(folder).toMatch(/reviewd-parser-\w+ \(deleted\)$/);
    expect(existsSync(folder.replace(" (deleted)", ""))).toBe(false);
    expect(readFileSync(`/proc/${parser.pid}/oom_score_adj`, "latin1").trim()).toBe("1000");
  });

  test("killed in mid-job, it costs the job and not the caller", async () => {
    const parser = await startParser();
    const before = await residentBytes(parser.pid);
    const running = parser.run(treeJob("JavaScript", "a.js", hangingScript), never);
    await eventually(async () =>
      expect(await residentBytes(parser.pid)).toBeGreaterThan(before + 20 * megabyte),
    );
    process.kill(parser.pid, "SIGKILL");
    expect(await running).toEqual({ kind: "lost", reason: "parser_failed" });
    expect(parser.hasEnded).toBe(true);
    expect(await parser.isFit()).toBe(false);
  });

  test("killed while it was idle, it costs the next job and not the caller", async () => {
    const parser = await startParser();
    process.kill(parser.pid, "SIGKILL");
    await eventually(async () => expect(parser.hasEnded).toBe(true));
    const large = treeJob("python", "a.py", "a = 1\n".repeat(100_000));
    expect(await parser.run(large, never)).toEqual({ kind: "lost", reason: "parser_failed" });
  });

  test("is killed when a job takes too long", async () => {
    const parser = await startParser({ ...generous, jobMs: 300 });
    const outcome = await parser.run(treeJob("JavaScript", "a.js", hangingScript), never);
    expect(outcome).toEqual({ kind: "lost", reason: "timed_out" });
    expect(parser.hasEnded).toBe(true);
  });

  test("is killed when a job takes too much memory", async () => {
    const parser = await startParser({ ...generous, memoryBytes: 200 * megabyte });
    const outcome = await parser.run(treeJob("python", "a.py", swellingPython), never);
    expect(outcome).toEqual({ kind: "lost", reason: "parser_failed" });
    expect(parser.hasEnded).toBe(true);
  });

  test("lives on when a rule throws", async () => {
    const parser = await startParser();
    const outcome = await parser.run(treeJob("python", "a.py", overflowingPython), never);
    expect(outcome).toEqual({ kind: "lost", reason: "parser_failed" });
    expect((await parser.run(small, never)).kind).toBe("done");
  });

  test("is killed when its job is aborted, with the signal's reason", async () => {
    const parser = await startParser();
    const controller = new AbortController();
    const running = parser.run(treeJob("JavaScript", "a.js", hangingScript), controller.signal);
    const reason = new Error("superseded");
    setTimeout(() => controller.abort(reason), 50);
    await expect(running).rejects.toBe(reason);
    expect(parser.hasEnded).toBe(true);
  });

  test("says why it does not start", async () => {
    await expect(ParserProcess.start("/nowhere", generous)).rejects.toThrow(/ENOENT/);
  });
});

describe("a parser process left alone", () => {
  const worker = () =>
    Bun.spawn([process.execPath, join(import.meta.dir, "../../../../src/main.ts"), "rules-worker", "1"], {
      cwd: mkdtempSync(join(tmpdir(), parserFolderPrefix)),
      env: {},
      stdin: "pipe",
      stdout: "pipe",
      stderr: "ignore",
    });

  test("refuses to start in a folder that is not its own, and touches nothing in it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "reviewd-test-"));
    writeFileSync(join(folder, "kept.txt"), "kept");
    const main = join(import.meta.dir, "../../../../src/main.ts");
    const child = Bun.spawn([process.execPath, main, "rules-worker", "1"], { cwd: folder, stderr: "pipe" });
    expect(await child.exited).toBe(2);
    expect(readdirSync(folder)).toEqual(["kept.txt"]);
    rmSync(folder, { recursive: true });
  });

  test("ends when nobody holds its input any more", async () => {
    const child = worker();
    child.stdin.end();
    expect(await child.exited).toBe(0);
  });

  test("ends by its own alarm when nobody is left to kill it", async () => {
    const child = worker();
    child.stdin.write(`${JSON.stringify(treeJob("JavaScript", "a.js", hangingScript))}\n`);
    await child.stdin.flush();
    await child.exited;
    expect(child.signalCode).toBe("SIGALRM");
  });
});
