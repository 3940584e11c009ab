/**
 * One parser process, seen from outside: started with an empty environment in a folder of its own, given one job at
 * a time, killed when a job takes too long or too much memory. It is never asked to stop politely.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { ReviewdError } from "../../../errors.ts";
import type { NotReviewedReason } from "../reviewer.ts";
import { type Hit, type Job, parserFolderPrefix, type Reply, replySchema } from "./job.ts";
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

type Child = Bun.Subprocess<"pipe", "pipe", "pipe">;

const startMs = 20_000;
const memoryCheckMs = 50;

/** Hits of one file are limited in number and most carry no text. */
const maxReplyLength = 8 * 1_024 ** 2;

export class ParserProcess implements AsyncDisposable {
  readonly #child: Child;
  readonly #limits: ParserLimits;
  readonly #replies: AsyncGenerator<string>;
  readonly #cleanedUp: Promise<void>;
  /** Whether a job has run in it. */
  #isFresh = true;

  private constructor(child: Child, folder: string, limits: ParserLimits) {
    this.#child = child;
    this.#limits = limits;
    this.#replies = lines(child.stdout, maxReplyLength);
    this.#cleanedUp = child.exited.then(() => rm(folder, { recursive: true, force: true }));
  }

  /** @throws ReviewdError unavailable when it does not start in this folder */
  static async start(parentFolder: string, limits: ParserLimits): Promise<ParserProcess> {
    const folder = await mkdtemp(join(parentFolder, parserFolderPrefix));
    const child = spawnParser(folder, limits);
    const parser = new ParserProcess(child, folder, limits);
    const said = lastWords(child.stderr);
    const timer = setTimeout(() => child.kill("SIGKILL"), startMs);
    const reply = await parser.#nextReply();
    clearTimeout(timer);
    if (!reply || !("ready" in reply)) {
      await parser[Symbol.asyncDispose]();
      throw new ReviewdError("unavailable", `the parser process does not start: ${problemIn(await said)}`);
    }
    child.unref();
    return parser;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get isFresh(): boolean {
    return this.#isFresh;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** @throws the signal's reason when it is aborted; the process is gone then, as after a job that ended it */
  async run(job: Job, signal: AbortSignal): Promise<JobOutcome> {
    signal.throwIfAborted();
    using watch = new JobWatch(this.#child, this.#limits, signal);
    this.#isFresh = false;
    this.#child.ref();
    await this.#send(job);
    const reply = await this.#nextReply();
    this.#child.unref();
    if (reply && "hits" in reply) return { kind: "done", hits: reply.hits };
    if (reply && "failed" in reply) return { kind: "lost", reason: "parser_failed" };
    await this[Symbol.asyncDispose]();
    signal.throwIfAborted();
    return { kind: "lost", reason: watch.timedOut ? "timed_out" : "parser_failed" };
  }

  /** False once it has ended or grown so much that a fresh one is better. */
  async isFit(): Promise<boolean> {
    return !this.hasEnded && (await residentBytes(this.pid)) < this.#limits.memoryBytes / 2;
  }

  /** Kills it; resolves when it and its folder are gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#cleanedUp;
  }

  async #send(job: Job): Promise<void> {
    try {
      this.#child.stdin.write(`${JSON.stringify(job)}\n`);
      await this.#child.stdin.flush();
    } catch (error) {
      // It died while being written to; whoever reads its answer sees the end of its output.
      if (!isBrokenPipe(error)) throw error;
    }
  }

  /** Null when the process ended or answered what is no reply. */
  async #nextReply(): Promise<Reply | null> {
    const { value } = await this.#replies.next();
    if (typeof value !== "string") return null;
    try {
      return replySchema.safeParse(JSON.parse(value)).data ?? null;
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    }
  }
}

/** Kills the process when its job may not go on; the reader of its output then sees that end. */
class JobWatch implements Disposable {
  timedOut = false;
  readonly #deadline: Timer;
  readonly #memory: Timer;
  readonly #stopListening: () => void;

  constructor(child: Child, limits: ParserLimits, signal: AbortSignal) {
    const kill = () => child.kill("SIGKILL");
    this.#deadline = setTimeout(() => {
      this.timedOut = true;
      kill();
    }, limits.jobMs);
    this.#memory = setInterval(async () => {
      if ((await residentBytes(child.pid)) > limits.memoryBytes) kill();
    }, memoryCheckMs);
    signal.addEventListener("abort", kill, { once: true });
    this.#stopListening = () => signal.removeEventListener("abort", kill);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#deadline);
    clearInterval(this.#memory);
    this.#stopListening();
  }
}

/** The same program again: the compiled binary itself, or Bun with our main file. */
function spawnParser(folder: string, limits: ParserLimits): Child {
  const main = Bun.isStandaloneExecutable ? [] : [Bun.fileURLToPath(import.meta.resolve("../../../main.ts"))];
  // Its own alarm is for when nobody is left to kill it, so it rings after the deadline that is kept here.
  const alarmSecs = String(Math.ceil(limits.jobMs / 1_000) + 5);
  return Bun.spawn({
    cmd: [process.execPath, ...main, "rules-worker", alarmSecs],
    cwd: folder,
    env: {},
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** Reads on to the end, so that the process never waits for a reader; keeps the last of it. */
async function lastWords(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let last = "";
  for await (const chunk of stream) last = (last + decoder.decode(chunk, { stream: true })).slice(-2_000);
  return last.trim();
}

/** The line that names the problem, without the code that is printed around it. */
function problemIn(said: string): string {
  return /^\w*(?:error|panic)\b.*$/im.exec(said)?.[0] ?? said;
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EPIPE" || error.code === "ECONNRESET");
}
