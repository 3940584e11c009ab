/** The parser processes of one reviewer: started when needed, used again, ended when idle. */
import { tmpdir } from "node:os";
import pLimit from "p-limit";
import { ReviewdError } from "../../../errors.ts";
import type { Job } from "./job.ts";
import { type JobOutcome, type ParserLimits, ParserProcess } from "./parser-process.ts";

export interface ParserPoolOptions extends ParserLimits {
  readonly maxProcesses: number;
  /** Milliseconds without a job after which a process is ended. */
  readonly idleMs: number;
  /** Where a process gets its folder; the next one is tried when libraries cannot be loaded from it. */
  readonly folders?: readonly string[];
}

/** A hardened /tmp may be mounted noexec. */
const usualFolders = [tmpdir(), "/var/tmp", "/dev/shm"];

export class ParserPool implements AsyncDisposable {
  readonly #options: ParserPoolOptions;
  readonly #limit: ReturnType<typeof pLimit>;
  /** The timer ends the process when it stays idle. */
  readonly #idle = new Map<ParserProcess, Timer>();
  #isClosed = false;

  constructor(options: ParserPoolOptions) {
    this.#options = options;
    this.#limit = pLimit(options.maxProcesses);
  }

  /**
   * Waits for a free process, first come first served. A job that ended a process which had run others is tried
   * once more in a fresh one: it may have died of what they left behind.
   * @throws ReviewdError unavailable when no parser process can be started; the signal's reason when it is aborted
   */
  run(job: Job, signal: AbortSignal): Promise<JobOutcome> {
    return this.#limit(async () => {
      signal.throwIfAborted();
      const parser = (await this.#takeIdle()) ?? (await this.#start());
      const wasFresh = parser.isFresh;
      const outcome = await this.#runIn(parser, job, signal);
      const diedOfOthers =
        outcome.kind === "lost" && outcome.reason !== "timed_out" && parser.hasEnded && !wasFresh;
      return diedOfOthers ? this.#runIn(await this.#start(), job, signal) : outcome;
    });
  }

  /** Ends the idle processes at once, and those that run a job after it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const parsers = [...this.#idle.keys()];
    for (const timer of this.#idle.values()) clearTimeout(timer);
    this.#idle.clear();
    await Promise.all(parsers.map((parser) => parser[Symbol.asyncDispose]()));
  }

  async #runIn(parser: ParserProcess, job: Job, signal: AbortSignal): Promise<JobOutcome> {
    try {
      return await parser.run(job, signal);
    } finally {
      await this.#keep(parser);
    }
  }

  async #takeIdle(): Promise<ParserProcess | null> {
    for (const [parser, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(parser);
      if (await parser.isFit()) return parser;
      await parser[Symbol.asyncDispose]();
    }
    return null;
  }

  async #keep(parser: ParserProcess): Promise<void> {
    if (this.#isClosed || !(await parser.isFit())) return parser[Symbol.asyncDispose]();
    const end = () => {
      this.#idle.delete(parser);
      void parser[Symbol.asyncDispose]();
    };
    this.#idle.set(parser, setTimeout(end, this.#options.idleMs).unref());
  }

  async #start(): Promise<ParserProcess> {
    const folders = [...new Set(this.#options.folders ?? usualFolders)];
    const failures: unknown[] = [];
    for (const folder of folders) {
      try {
        return await ParserProcess.start(folder, this.#options);
      } catch (error) {
        failures.push(error);
      }
    }
    const reasons = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure)));
    throw new ReviewdError("unavailable", `no parser process starts: ${[...new Set(reasons)].join("; ")}`, {
      cause: new AggregateError(failures),
    });
  }
}
