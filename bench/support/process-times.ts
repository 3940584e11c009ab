/** What a process took of the processors and of memory, read where the kernel shows it (Linux only). */
import { readdirSync, readFileSync } from "node:fs";

/** /proc counts in hundredths of a second on every Linux. */
const tickMs = 10;

export interface ProcessTimes {
  readonly ownMs: number;
  /** Of its children, also of those that are gone. */
  readonly childrenMs: number;
}

/** NaN where there is no /proc. */
export function readProcessTimes(pid: number): ProcessTimes {
  if (process.platform !== "linux") return { ownMs: Number.NaN, childrenMs: Number.NaN };
  let [own, children] = [0, 0];
  for (const entry of readdirSync("/proc")) {
    const one = Number(entry);
    const times = Number.isInteger(one) ? readTimes(one) : null;
    if (times && one === pid) {
      own += times.own;
      children += times.goneChildren;
    } else if (times?.parent === pid) children += times.own + times.goneChildren;
  }
  return { ownMs: own * tickMs, childrenMs: children * tickMs };
}

/** Bytes it has in memory. */
export function readResidentBytes(pid: number): number {
  const { stdout } = Bun.spawnSync(["ps", "-o", "rss=", "-p", String(pid)]);
  return Number(stdout.toString()) * 1024;
}

/** Null: it is gone. */
function readTimes(pid: number): { parent: number; own: number; goneChildren: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name, in parentheses, may hold anything; after it: state, parent, … utime is the 14th field of all.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const field = (number: number) => Number(fields[number - 3]);
    return { parent: field(4), own: field(14) + field(15), goneChildren: field(16) + field(17) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOENT" || code === "ESRCH") return null;
    throw error;
  }
}
