/** The parser processes of one reviewer: started when needed, used again, ended when idle. */
import { tmpdir } from "node:os";
import pLimit from "p-limit";
import { ReviewdError } from "../../../errors.ts";
import type { Job } from "./job.ts";
import {
  type JobOutcome,
  type ParserLimits,
  type ParserProcess,
  startParserProcess,
} from "./parser-process.ts";

export interface ParserPool extends AsyncDisposable {
  /**
   * Waits for a free process, first come first served.
   * @throws ReviewdError unavailable when no parser process can be started
   */
  readonly run: (job: Job, signal: AbortSignal) => Promise<JobOutcome>;
}

export interface ParserPoolOptions extends ParserLimits {
  readonly maxProcesses: number;
  /** Milliseconds without a job after which a process is ended. */
  readonly idleMs: number;
}

export function createParserPool(options: ParserPoolOptions): ParserPool {
  const limit = pLimit(options.maxProcesses);
  const idle = new Map<ParserProcess, Timer>();

  const take = async (): Promise<ParserProcess> => {
    for (const [parser, timer] of idle) {
      clearTimeout(timer);
      idle.delete(parser);
      if (await parser.isFit()) return parser;
      await parser.close();
    }
    return startAnywhere(options);
  };

  const giveBack = (parser: ParserProcess) => {
    const timer = setTimeout(() => {
      idle.delete(parser);
      void parser.close();
    }, options.idleMs);
    timer.unref();
    idle.set(parser, timer);
  };

  const run = async (job: Job, signal: AbortSignal): Promise<JobOutcome> => {
    signal.throwIfAborted();
    const parser = await take();
    try {
      return await parser.run(job, signal);
    } finally {
      giveBack(parser);
    }
  };

  return {
    run: (job, signal) => limit(run, job, signal),
    [Symbol.asyncDispose]: async () => {
      const parsers = [...idle.keys()];
      for (const timer of idle.values()) clearTimeout(timer);
      idle.clear();
      await Promise.all(parsers.map((parser) => parser.close()));
    },
  };
}

/** Libraries load only from a folder that is not mounted noexec, which a hardened /tmp may be. */
async function startAnywhere(limits: ParserLimits): Promise<ParserProcess> {
  const folders = [...new Set([tmpdir(), "/var/tmp", "/dev/shm"])];
  const failures: unknown[] = [];
  for (const folder of folders) {
    try {
      return await startParserProcess(folder, limits);
    } catch (error) {
      failures.push(error);
    }
  }
  throw new ReviewdError("unavailable", `no parser process starts in ${folders.join(", ")}`, {
    cause: new AggregateError(failures),
  });
}
