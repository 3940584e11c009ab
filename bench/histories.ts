/**
 * Reviews real code: git histories made of successive published versions of npm packages, one commit a version,
 * every range through `reviewd review` as people run it. What it asserts is checked with plain git, and where comments
 * may be with fakehub's rule.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PlacedComments, placeInRange } from "./support/placement.ts";
import { report, short } from "./support/report.ts";

/** Small diffs and whole rewrites; TypeScript, JavaScript, Python, C, YAML, Markdown, minified and generated files. */
const histories: Readonly<Record<string, readonly string[]>> = {
  express: "4.15.0 4.16.0 4.17.0 4.18.0 4.19.0 4.20.0 4.21.0 4.22.0 5.0.0 5.1.0 5.3.0".split(" "),
  hono: "4.12.3 4.12.7 4.12.12 4.12.20 4.12.28 4.12.34 4.13.0 4.13.5 4.13.10 4.13.19".split(" "),
  "node-gyp": "5.0.0 6.0.0 7.0.0 8.0.0 9.0.0 9.4.0 10.0.0 10.3.0 11.0.0 12.0.0 13.0.0".split(" "),
  zod: "4.0.1 4.0.17 4.1.0 4.1.13 4.2.1 4.3.6 4.4.3 4.5.4 4.6.7".split(" "),
  jquery: "1.12.0 2.2.0 3.0.0 3.3.0 3.5.0 3.7.0 3.8.0 4.0.0".split(" "),
};
const shortHistories = { "node-gyp": ["9.4.0", "10.0.0", "10.3.0"], jquery: ["3.7.0", "3.8.0"] };

const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
const main = join(import.meta.dir, "../src/main.ts");

interface Range {
  readonly name: string;
  readonly directory: string;
  readonly base: string;
  readonly head: string;
}

interface Measured {
  readonly name: string;
  readonly crash: string | null;
  readonly findings: number;
  readonly strayFindings: number;
  readonly comments: PlacedComments;
  readonly files: number;
  readonly unnamedFiles: number;
  readonly addedLines: number;
  readonly reviewMs: number;
  readonly gitDiffMs: number;
  readonly peakMb: number;
}

interface JsonReport {
  readonly findings: readonly { readonly path: string; readonly startLine: number; readonly line: number }[];
  readonly reviewed: readonly string[];
  readonly notReviewed: readonly { readonly path: string }[];
}

const folder = await mkdtemp(join(tmpdir(), "reviewd-histories-"));
try {
  const measured: Measured[] = [];
  for (const [name, versions] of Object.entries(short ? shortHistories : histories)) {
    for (const range of await buildHistory(name, versions)) measured.push(await measure(range));
  }
  summarize(measured);
} finally {
  await rm(folder, { recursive: true });
}

/** The first version against nothing, then each against the one before. */
async function buildHistory(name: string, versions: readonly string[]): Promise<readonly Range[]> {
  const directory = join(folder, name);
  await mkdir(directory);
  git(directory, "init", "--quiet", "--initial-branch=main");
  const specs = versions.map((version) => `${name}@${version}`);
  run(folder, "npm", "pack", "--silent", ...specs);
  const ranges: Range[] = [];
  for (const version of versions) {
    git(directory, "rm", "-r", "--quiet", "--ignore-unmatch", ".");
    run(
      directory,
      "tar",
      "--extract",
      "--strip-components=1",
      "--file",
      join(folder, `${name}-${version}.tgz`),
    );
    git(directory, "add", "--all", "--force");
    git(directory, "commit", "--quiet", `--message=${version}`);
    const head = git(directory, "rev-parse", "HEAD").trim();
    ranges.push({ name: `${name} ${version}`, directory, base: ranges.at(-1)?.head ?? emptyTree, head });
  }
  return ranges;
}

const nothingFound = { findings: 0, strayFindings: 0, comments: { inline: 0, refused: [] } };

async function measure(range: Range): Promise<Measured> {
  const gitStart = performance.now();
  const added = addedLines(range);
  const gitDiffMs = performance.now() - gitStart;
  const { exitCode, stdout, stderr, reviewMs, peakMb } = await runReview(range);
  const changed = git(range.directory, "diff", "--name-only", "-z", range.base, range.head)
    .split("\0")
    .slice(0, -1);
  const sizes = {
    files: changed.length,
    addedLines: [...added.values()].reduce((sum, { size }) => sum + size, 0),
  };
  const measured = { name: range.name, ...sizes, reviewMs, gitDiffMs, peakMb };
  if (exitCode !== 0) return { ...measured, ...nothingFound, crash: stderr, unnamedFiles: changed.length };

  const { findings, reviewed, notReviewed }: JsonReport = JSON.parse(stdout);
  const named = new Set([...reviewed, ...notReviewed.map(({ path }) => path)]);
  return {
    ...measured,
    crash: null,
    findings: findings.length,
    strayFindings: findings.filter((finding) => !isAdded(finding, added.get(finding.path))).length,
    comments: await placeInRange(range, findings),
    unnamedFiles: changed.filter((path) => !named.has(path)).length,
  };
}

async function runReview({ directory, base, head }: Range) {
  const range = base === emptyTree ? head : `${base}..${head}`;
  const start = performance.now();
  const child = Bun.spawn([process.execPath, main, "review", "--format=json", "--fail-on=none", range], {
    cwd: directory,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  // Of the largest of its processes: reviewd itself, git, or a parser. Never less than this process's own.
  const peakMb = Math.round((child.resourceUsage()?.maxRSS ?? 0) / 1024 / 1024);
  return { exitCode, stdout, stderr, reviewMs: performance.now() - start, peakMb };
}

/** By path at the head, from the hunk headers of a diff without context: nothing of reviewd's own parsing. */
function addedLines({ directory, base, head }: Range): ReadonlyMap<string, ReadonlySet<number>> {
  const diff = git(directory, "-c", "core.quotePath=false", "diff", "--text", "-M", "-U0", base, head);
  const byPath = new Map<string, Set<number>>();
  let path = "";
  let contentLines = 0;
  for (const line of diff.split("\n")) {
    if (line.startsWith("\\") || contentLines-- > 0) continue;
    path = /^\+\+\+ (?:b\/)?([^\t]*)/.exec(line)?.[1] ?? path;
    const [header, deleted = "1", start = "", count = "1"] =
      /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    if (header === undefined) continue;
    contentLines = Number(deleted) + Number(count);
    const lines = Array.from({ length: Number(count) }, (_, at) => Number(start) + at);
    byPath.set(path, new Set([...(byPath.get(path) ?? []), ...lines]));
  }
  return byPath;
}

function isAdded(
  { startLine, line }: { startLine: number; line: number },
  added?: ReadonlySet<number>,
): boolean {
  for (let at = startLine; at <= line; at++) if (!added?.has(at)) return false;
  return startLine <= line;
}

function summarize(measured: readonly Measured[]): void {
  for (const one of measured) {
    const { name, files, addedLines, findings, reviewMs, peakMb } = one;
    const size = `${files} files, ${addedLines} lines added, ${findings} findings`;
    console.log(`${name.padEnd(20)}${size.padEnd(50)}${Math.round(reviewMs)} ms, ${peakMb} MB`);
    if (one.crash !== null) console.log(one.crash);
    for (const refusal of one.comments.refused) console.log(refusal);
  }
  const total = (pick: (one: Measured) => number) => measured.reduce((sum, one) => sum + pick(one), 0);
  const most = (pick: (one: Measured) => number) => Math.max(...measured.map(pick));
  const ratios = {
    ranges: measured.length,
    crashes: total(({ crash }) => (crash === null ? 0 : 1)),
    strayFindings: total(({ strayFindings }) => strayFindings),
    unnamedFiles: total(({ unnamedFiles }) => unnamedFiles),
    inlineComments: total(({ comments }) => comments.inline),
    refusedComments: total(({ comments }) => comments.refused.length),
    findings: total(({ findings }) => findings),
    addedLines: total(({ addedLines }) => addedLines),
    reviewPerGitDiff: total(({ reviewMs }) => reviewMs) / total(({ gitDiffMs }) => gitDiffMs),
    reviewMsPerThousandLines:
      total(({ reviewMs }) => reviewMs) / (total(({ addedLines }) => addedLines) / 1000),
    reviewMsMost: most(({ reviewMs }) => reviewMs),
    peakMbMost: most(({ peakMb }) => peakMb),
  };
  const goals = {
    ranges: { min: short ? 5 : 30 },
    crashes: { max: 0 },
    strayFindings: { max: 0 },
    unnamedFiles: { max: 0 },
    inlineComments: { min: 100 },
    refusedComments: { max: 0 },
    peakMbMost: { max: 1_024 },
  };
  report({ bench: "histories", ratios, goals, rounds: 1, versions: { git: git("/", "--version").trim() } });
}

function git(directory: string, ...args: string[]): string {
  return run(directory, "git", ...args);
}

function run(directory: string, ...command: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, {
    cwd: directory,
    env: {
      ...process.env,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_AUTHOR_NAME: "Ada",
      GIT_AUTHOR_EMAIL: "ada@example.com",
      GIT_COMMITTER_NAME: "Ada",
      GIT_COMMITTER_EMAIL: "ada@example.com",
    },
  });
  if (exitCode !== 0) throw new Error(`${command.slice(0, 3).join(" ")}: ${stderr.toString()}`);
  return stdout.toString();
}
