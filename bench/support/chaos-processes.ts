/** The claimers' processes: started, killed, stopped and continued, and for each when it was gone. */
import { existsSync, openSync } from "node:fs";
import { join } from "node:path";
import type { ClaimerOptions } from "./chaos-claimer.ts";
import { clockUs } from "./chaos-record.ts";

export interface ChaosProcess {
  readonly recordPath: string;
  readonly logPath: string;
  /** When it was told to end, and whether by a kill. Microseconds, as below. */
  readonly endingAt: number;
  readonly isKilled: boolean;
  /** When it was seen to be gone. */
  readonly goneAt: number;
  readonly exitCode: number | null;
}

/** Disposed of, it leaves none behind, whatever failed. */
export interface ChaosProcesses extends AsyncDisposable {
  /** Kills one and starts another in its place. */
  readonly kill: () => Promise<void>;
  /** Lets one stand still for so long. */
  readonly stop: (ms: number) => Promise<void>;
  /** Asks one to end, waits until it has, and starts another in its place. */
  readonly replace: () => Promise<void>;
  /** Asks all to end; answers all there ever were. */
  readonly end: () => Promise<readonly ChaosProcess[]>;
}

interface Running {
  readonly child: Bun.Subprocess;
  readonly recordPath: string;
  readonly logPath: string;
  /** Something is being done to it: nothing else shall be. */
  isTaken: boolean;
}

const script = join(import.meta.dir, "chaos-claimer.ts");
const pollMs = 20;

/** @param folder for what the processes write */
export function startProcesses(
  count: number,
  folder: string,
  options: Omit<ClaimerOptions, "recordPath">,
): ChaosProcesses {
  const running = new Set<Running>();
  const gone: ChaosProcess[] = [];
  let started = 0;

  const start = () => {
    started++;
    const recordPath = join(folder, `runs-${started}.jsonl`);
    const logPath = join(folder, `log-${started}.jsonl`);
    const log = openSync(logPath, "a");
    const child = Bun.spawn([process.execPath, script, JSON.stringify({ ...options, recordPath })], {
      stdio: ["ignore", log, log],
      // It ends with us: it is told when the channel closes.
      ipc: () => {},
    });
    running.add({ child, recordPath, logPath, isTaken: false });
  };

  const end = async (process: Running, signal: "SIGKILL" | "SIGTERM") => {
    const { child, recordPath, logPath } = process;
    while (!isUp(process)) await Bun.sleep(pollMs);
    const endingAt = clockUs();
    child.kill(signal);
    await child.exited;
    running.delete(process);
    const isKilled = signal === "SIGKILL";
    gone.push({ recordPath, logPath, endingAt, isKilled, goneAt: clockUs(), exitCode: child.exitCode });
  };

  const take = async (): Promise<Running> => {
    for (;;) {
      const free = [...running].filter((process) => !process.isTaken && isUp(process));
      const taken = free[Math.floor(Math.random() * free.length)];
      if (taken) {
        taken.isTaken = true;
        return taken;
      }
      await Bun.sleep(pollMs);
    }
  };

  for (let number = 0; number < count; number++) start();
  return {
    kill: async () => {
      await end(await take(), "SIGKILL");
      start();
    },
    stop: async (ms) => {
      const taken = await take();
      taken.child.kill("SIGSTOP");
      await Bun.sleep(ms);
      taken.child.kill("SIGCONT");
      taken.isTaken = false;
    },
    replace: async () => {
      await end(await take(), "SIGTERM");
      start();
    },
    end: async () => {
      await Promise.all([...running].map((process) => end(process, "SIGTERM")));
      return gone;
    },
    [Symbol.asyncDispose]: async () => {
      for (const { child } of running) child.kill("SIGKILL");
      await Promise.all([...running].map(({ child }) => child.exited));
    },
  };
}

/** It takes signals in its own way from then on. A process that ended by itself counts: its end is what there is to see. */
function isUp({ recordPath, child }: Running): boolean {
  return existsSync(recordPath) || child.exitCode !== null;
}
