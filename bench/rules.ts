/**
 * How fast the rules read real code and what they cost: `reviewd review` over published packages as one commit, beside
 * oxlint over the same files and beside parsing them with ast-grep alone. Scripts only: oxlint reads nothing else.
 */
import { cpSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtBinary } from "../test/support/built-binary.ts";
import { report, short } from "./support/report.ts";
import { interleave, ratioOf, typical } from "./support/rounds.ts";

/** As bench histories reviews them. Published sources, and what was built of them. */
const packages = short
  ? ["zod@4.6.7", "express@5.3.0"]
  : ["zod@4.6.7", "hono@4.13.19", "express@5.3.0", "jquery@4.0.0", "node-gyp@13.0.0"];
const oxlintPath = join(import.meta.dir, "node_modules/.bin/oxlint");
const rounds = short ? 3 : 7;

interface Run {
  readonly ms: number;
  readonly peakMb: number;
  readonly findings: number;
}

const folder = await mkdtemp(join(tmpdir(), "reviewd-rules-"));
try {
  const binary = await builtBinary();
  const code = join(folder, "code");
  const paths = gather(code);
  const megabytes = paths.reduce((sum, path) => sum + statSync(join(code, path)).size, 0) / 1e6;
  const list = paths.map((path) => join(code, path)).join("\n");
  const measured = await interleave(rounds, {
    reviewd: () => review(binary, code),
    oxlint: () => oxlint(code),
    parse: () => bareParse(list),
  });
  const ms = (one: Run) => one.ms;
  for (const name of ["reviewd", "oxlint", "parse"]) {
    const speed = megabytes / (typical(measured, name, ms) / 1_000);
    const peak = typical(measured, name, (one) => one.peakMb);
    const findings = typical(measured, name, (one) => one.findings);
    console.log(`${name.padEnd(10)}${speed.toFixed(2)} MB/s, ${Math.round(peak)} MB, ${findings} findings`);
  }
  report({
    bench: "rules",
    ratios: {
      files: paths.length,
      megabytes,
      megabytesPerSecond: megabytes / (typical(measured, "reviewd", ms) / 1_000),
      timeOverParsing: ratioOf(measured, ["reviewd", "parse"], ms),
      timeOverOxlint: ratioOf(measured, ["reviewd", "oxlint"], ms),
      peakMb: typical(measured, "reviewd", (one) => one.peakMb),
      oxlintPeakMb: typical(measured, "oxlint", (one) => one.peakMb),
      findings: typical(measured, "reviewd", (one) => one.findings),
      oxlintFindings: typical(measured, "oxlint", (one) => one.findings),
    },
    goals: { peakMb: { max: 512 }, timeOverParsing: { max: 10 } },
    rounds,
    versions: { oxlint: run(folder, oxlintPath, "--version").replace("Version:", "").trim() },
  });
} finally {
  rmSync(folder, { recursive: true });
}

/** Unpacks the packages into a repository of one commit; the paths of its scripts. */
function gather(code: string): string[] {
  mkdirSync(code);
  run(folder, "npm", "pack", "--silent", ...packages);
  for (const archive of readdirSync(folder).filter((name) => name.endsWith(".tgz"))) {
    const unpacked = join(folder, archive.replace(/\.tgz$/, ""));
    mkdirSync(unpacked);
    run(unpacked, "tar", "--extract", "--strip-components=1", "--file", join(folder, archive));
    for (const path of new Bun.Glob("**/*.{js,mjs,cjs,ts,mts,cts}").scanSync({ cwd: unpacked })) {
      // Built files would be left alone by both for their folder's name. Declarations are half of all text and no code.
      if (/\.d\.[cm]?ts$|[.-]min\.|\/vendor\//.test(path) || statSync(join(unpacked, path)).size > 400_000)
        continue;
      const to = `${archive.replace(/-[\d.]+tgz$/, "")}/${path.replaceAll("dist/", "built/")}`;
      cpSync(join(unpacked, path), join(code, to));
    }
  }
  run(code, "git", "init", "--quiet", "--initial-branch=main");
  run(code, "git", "add", "--all", "--force");
  run(code, "git", "commit", "--quiet", "--message=all");
  return run(code, "git", "ls-files").split("\n").filter(Boolean);
}

async function review(binary: string, code: string): Promise<Run> {
  const { output, ...measured } = await time(code, [
    binary,
    "review",
    "--format=json",
    "--fail-on=none",
    "HEAD",
  ]);
  const { findings, notReviewed } = JSON.parse(output);
  if (notReviewed.length > 0) throw new Error(`not reviewed: ${JSON.stringify(notReviewed)}`);
  return { ...measured, findings: findings.length };
}

async function oxlint(code: string): Promise<Run> {
  const { output, ...measured } = await time(code, [oxlintPath, "--format=json", "--no-ignore", "."]);
  return { ...measured, findings: JSON.parse(output).diagnostics.length };
}

async function bareParse(list: string): Promise<Run> {
  const program = join(import.meta.dir, "support/bare-parse-process.ts");
  const { output, ...measured } = await time(folder, [process.execPath, program], list);
  return { ...measured, ms: Number(output), findings: 0 };
}

/** The time of a whole process; the memory of the largest of it and those it started. */
async function time(cwd: string, cmd: string[], input = "") {
  const start = performance.now();
  const child = Bun.spawn(cmd, { cwd, stdin: new Blob([input]), stdout: "pipe", stderr: "inherit" });
  const output = await child.stdout.text();
  await child.exited;
  return { output, ms: performance.now() - start, peakMb: (child.resourceUsage()?.maxRSS ?? 0) / 1_024 ** 2 };
}

function run(cwd: string, ...command: string[]): string {
  const identity = { GIT_AUTHOR_NAME: "Ada", GIT_AUTHOR_EMAIL: "ada@example.com" };
  const committer = { GIT_COMMITTER_NAME: "Ada", GIT_COMMITTER_EMAIL: "ada@example.com" };
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, {
    cwd,
    env: { ...process.env, ...identity, ...committer },
  });
  if (exitCode !== 0) throw new Error(`${command.slice(0, 3).join(" ")}: ${stderr.toString()}`);
  return stdout.toString();
}
