/**
 * The one lifecycle of every loop: run a pass, wait as long as it says, run the next. A pass that throws is
 * logged and tried again; it never ends the role. Stopping waits for the pass in flight.
 */
import type { Logger } from "./log.ts";

export interface Loop {
  /** Runs the next pass now instead of when its delay is over; during a pass, right after it. */
  readonly wake: () => void;
  /** Settles when the signal is aborted and the pass in flight has ended. Never rejects. */
  readonly done: Promise<void>;
}

export interface LoopOptions {
  /** Names the loop in log lines. */
  readonly name: string;
  /** One unit of work; resolves to the milliseconds until the next one. */
  readonly pass: (signal: AbortSignal) => Promise<number>;
  /** Milliseconds to wait after a pass that threw. */
  readonly errorDelayMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export function startLoop(options: LoopOptions): Loop {
  let woken = false;
  let wakeSleeper: () => void = () => {};
  const wake = () => {
    woken = true;
    wakeSleeper();
  };

  const sleep = (delayMs: number) =>
    new Promise<void>((resolve) => {
      if (woken || options.signal.aborted) return resolve();
      const timer = setTimeout(resolve, delayMs);
      wakeSleeper = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async () => {
    options.signal.addEventListener("abort", wake, { once: true });
    while (!options.signal.aborted) {
      woken = false;
      await sleep(await runPass(options));
    }
    options.signal.removeEventListener("abort", wake);
  };

  return { wake, done: run() };
}

async function runPass({ name, pass, errorDelayMs, log, signal }: LoopOptions): Promise<number> {
  try {
    return await pass(signal);
  } catch (error) {
    const next = signal.aborted ? "this process ends" : "will try again";
    log.error({ loop: name, err: error }, `pass failed, ${next}`);
    return errorDelayMs;
  }
}
