/** The loop of a role of which one process is active: it works once an interval; further processes stand by. */
import { showActive } from "./active-metric.ts";
import type { RoleLock } from "./adapters/postgres/advisory-lock.ts";
import type { Logger } from "./log.ts";
import { type Loop, startLoop } from "./loop.ts";
import { aborted, endsWithin } from "./stopping.ts";

export interface SoleLoopOptions {
  /** Names the loop in log lines. */
  readonly name: string;
  /** Held by the process that is active. */
  readonly lock: RoleLock;
  /** From the start of one pass to the start of the next. */
  readonly intervalMs: number;
  /** One pass; its signal is aborted at shutdown and when the lock is lost. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const maxErrorDelayMs = 5_000;
/** How often a process that stands by looks whether it can take over, at the least. */
const maxStandbyMs = 5_000;
/** How long the passes under way may go on after the signal, and how long what they wait for may take to be cut off. */
const drainMs = 2_000;
const cutMs = 500;

export function startSoleLoop({ name, lock, intervalMs, work, log, signal }: SoleLoopOptions): Loop {
  showActive(lock.role, null);
  const pass = async (stop: AbortSignal) => {
    const startedAt = performance.now();
    const held = await lock.hold();
    showActive(lock.role, held);
    if (!held) return Math.min(maxStandbyMs, intervalMs / 2);
    await work(AbortSignal.any([stop, held]));
    return Math.max(0, intervalMs - (performance.now() - startedAt));
  };
  return startLoop({ name, pass, errorDelayMs: Math.min(maxErrorDelayMs, intervalMs), log, signal });
}

/** Waits for the signal and for the passes under way to end, which `cut` makes them do when they take too long. */
export async function endLoops(
  loops: readonly Loop[],
  { signal, cut }: { readonly signal: AbortSignal; readonly cut: () => void },
): Promise<void> {
  const ended = Promise.all(loops.map(({ done }) => done));
  await aborted(signal);
  if (await endsWithin(drainMs, ended)) return;
  cut();
  await endsWithin(cutMs, ended);
}
