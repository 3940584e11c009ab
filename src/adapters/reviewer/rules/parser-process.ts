/**
 * One parser process, seen from outside: started with an empty environment in a folder of its own, given one job at
 * a time, killed when a job takes too long or too much memory. It is never asked to stop politely.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { ReviewdError } from "../../../errors.ts";
import type { NotReviewedReason } from "../reviewer.ts";
import { type Hit, type Job, type Reply, replySchema } from "./job.ts";
import { lines } from "./lines.ts";
import { residentBytes } from "./resident-bytes.ts";

export interface ParserLimits {
  /** Milliseconds one job may take. */
  readonly jobMs: number;
  /** Resident bytes the process may grow to. */
  readonly memoryBytes: number;
}

export type JobOutcome =
  | { readonly kind: "done"; readonly hits: readonly Hit[] }
  | { readonly kind: "lost"; readonly reason: Extract<NotReviewedReason, "parser_failed" | "timed_out"> };

export interface ParserProcess {
  /** @throws the signal's reason when it is aborted; the process is gone then, as after any job that was lost. */
  readonly run: (job: Job, signal: AbortSignal) => Promise<JobOutcome>;
  /** False once it has ended or grown so much that a fresh one is better. */
  readonly isFit: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

const startMs = 20_000;
const memoryCheckMs = 50;

/** @throws ReviewdError unavailable when it does not start in this folder */
export async function startParserProcess(parentFolder: string, limits: ParserLimits): Promise<ParserProcess> {
  const folder = await mkdtemp(join(parentFolder, "reviewd-parser-"));
  const child = Bun.spawn({
    cmd: [...workerCommand(), String(Math.ceil(limits.jobMs / 1_000) + 5)],
    cwd: folder,
    env: {},
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  const replies = lines(child.stdout);
  const cleanUp = child.exited.then(() => rm(folder, { recursive: true, force: true }));

  const close = async () => {
    child.kill("SIGKILL");
    await cleanUp;
  };

  const run = async (job: Job, signal: AbortSignal): Promise<JobOutcome> => {
    signal.throwIfAborted();
    const watch = watchJob(child, limits, signal);
    child.ref();
    try {
      await send(child.stdin, job);
      const reply = await nextReply(replies);
      if (reply && "hits" in reply) return { kind: "done", hits: reply.hits };
      if (reply && "failed" in reply) return { kind: "lost", reason: "parser_failed" };
      await close();
      signal.throwIfAborted();
      return { kind: "lost", reason: watch.timedOut() ? "timed_out" : "parser_failed" };
    } finally {
      watch.stop();
      child.unref();
    }
  };

  const isFit = async () =>
    child.exitCode === null && !child.killed && (await residentBytes(child.pid)) < limits.memoryBytes / 2;

  await awaitReady(replies, child, close);
  child.unref();
  return { run, isFit, close };
}

type Child = Bun.Subprocess<"pipe", "pipe", "pipe">;

/** The same program again: the compiled binary itself, or Bun with our main file. */
function workerCommand(): string[] {
  const main = Bun.isStandaloneExecutable ? [] : [Bun.fileURLToPath(import.meta.resolve("../../../main.ts"))];
  return [process.execPath, ...main, "rules-worker"];
}

async function awaitReady(
  replies: AsyncGenerator<string>,
  child: Child,
  close: () => Promise<void>,
): Promise<void> {
  const timer = setTimeout(() => child.kill("SIGKILL"), startMs);
  const reply = await nextReply(replies);
  clearTimeout(timer);
  if (reply && "ready" in reply) return;
  await close();
  const said = await new Response(child.stderr).text();
  throw new ReviewdError("unavailable", `the parser process does not start: ${said.trim().slice(-500)}`);
}

/** Null when the process ended or answered what is no reply. */
async function nextReply(replies: AsyncGenerator<string>): Promise<Reply | null> {
  const { value } = await replies.next();
  if (value === undefined) return null;
  return replySchema.safeParse(JSON.parse(value)).data ?? null;
}

async function send(stdin: Bun.FileSink, job: Job): Promise<void> {
  try {
    stdin.write(`${JSON.stringify(job)}\n`);
    await stdin.flush();
  } catch (error) {
    // The process died while it was written to; that its output has ended is noticed by the one who reads it.
    if (!isBrokenPipe(error)) throw error;
  }
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EPIPE" || error.code === "ECONNRESET");
}

/** Kills the process when the job may not go on; the reader then sees its output end. */
function watchJob(child: Child, limits: ParserLimits, signal: AbortSignal) {
  let timedOut = false;
  const kill = () => child.kill("SIGKILL");
  const deadline = setTimeout(() => {
    timedOut = true;
    kill();
  }, limits.jobMs);
  const memory = setInterval(async () => {
    if ((await residentBytes(child.pid)) > limits.memoryBytes) kill();
  }, memoryCheckMs);
  signal.addEventListener("abort", kill, { once: true });
  return {
    timedOut: () => timedOut,
    stop: () => {
      clearTimeout(deadline);
      clearInterval(memory);
      signal.removeEventListener("abort", kill);
    },
  };
}
