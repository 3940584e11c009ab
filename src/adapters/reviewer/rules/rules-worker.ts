/**
 * The parser process: takes one job a line on standard input, answers one line on standard output. It is started
 * with an empty environment and holds nothing worth stealing; a job that crashes or hangs it costs that job's file.
 */
import { dlopen } from "bun:ffi";
import { rmdirSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { type Command, UsageError } from "../../../command.ts";
import { loadParser, type Parser } from "./grammars.ts";
import { type Hit, type Job, parserFolderPrefix, type Reply } from "./job.ts";
import { lines } from "./lines.ts";
import { isWorkflow } from "./paths.ts";
import { rules } from "./rule-catalog.ts";
import { runTextRules } from "./run-text-rules.ts";
import { runTreeRules } from "./run-tree-rules.ts";
import { loadWorkflowLinter } from "./workflow-linter.ts";

/** Above this (UTF-16 units) a job's tree is megabytes. */
const largeJobLength = 100_000;

/** Arguments: seconds a job may take. Started in an empty temporary folder of its own, which it removes. */
export const rulesWorker: Command = async ({ args }) => {
  const jobSecs = Number(args[0]);
  if (!(jobSecs > 0) || !basename(process.cwd()).startsWith(parserFolderPrefix))
    throw new UsageError("rules-worker is started by reviewd itself");
  const alarm = createAlarm();
  preferForKill();
  const folder = process.cwd();
  const parser = await loadParser(folder);
  rmdirSync(folder);
  await answer({ ready: true });
  for await (const line of lines(Bun.stdin.stream())) {
    alarm(jobSecs);
    await answer(await runJob(JSON.parse(line) as Job, parser));
    alarm(0);
    // The trees are outside the engine's sight: it would let them pile up.
    if (line.length > largeJobLength) Bun.gc(true);
  }
  return 0;
};

async function runJob(job: Job, parser: Parser): Promise<Reply> {
  try {
    return { hits: await hitsOf(job, parser) };
  } catch (error) {
    // The boundary of a job: whatever hostile input makes a rule throw costs its file, and is reported as that.
    return { failed: error instanceof Error ? error.name : "unknown" };
  }
}

async function hitsOf(job: Job, parser: Parser): Promise<Hit[]> {
  if (job.kind === "text") return runTextRules(job, rules.text);
  const isLinted = job.language === "yaml" && isWorkflow(job.path);
  return runTreeRules(job, rules, parser, isLinted ? await loadWorkflowLinter() : null);
}

async function answer(reply: Reply): Promise<void> {
  await Bun.write(Bun.stdout, `${JSON.stringify(reply)}\n`);
}

/** The kernel ends the process when a job takes too long, also when the one who would kill it is gone itself. */
function createAlarm(): (seconds: number) => void {
  const library = process.platform === "darwin" ? "libSystem.B.dylib" : "libc.so.6";
  const { symbols } = dlopen(library, { alarm: { args: ["u32"], returns: "u32" } });
  return symbols.alarm;
}

/** Where memory runs out before our own limit is met, this process goes first and not the one that started it. */
function preferForKill(): void {
  if (process.platform === "linux") writeFileSync("/proc/self/oom_score_adj", "1000");
}
