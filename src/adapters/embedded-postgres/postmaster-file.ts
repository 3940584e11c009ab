/**
 * Postgres' own lock file, postmaster.pid: the first line is the process id, the eighth its status. After a hard kill
 * it stays behind, and its id may by now be another program's.
 */
import { existsSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ReviewdError } from "../../errors.ts";

/** A server left by a killed reviewd notices within moments and shuts itself down: one that stays ready has an owner. */
const ownedAfterMs = 2_000;
/** The time it gets to write everything to disk. */
const shutdownMs = 60_000;
const pollMs = 50;

/**
 * Waits for a server that is still ending, and removes the lock file of one that is gone.
 * @throws ReviewdError when one is running and stays
 */
export async function awaitFormerServer(data: string): Promise<void> {
  const begin = performance.now();
  for (;;) {
    const [pid] = readLines(data);
    if (pid === undefined) return;
    if (!isServerOf(data, Number(pid))) return rmSync(lockFile(data), { force: true });
    if (performance.now() - begin > (isReady(data) ? ownedAfterMs : shutdownMs)) throw inUse(data, pid);
    await Bun.sleep(pollMs);
  }
}

function inUse(data: string, pid: string): ReviewdError {
  return new ReviewdError(
    "conflict",
    `${data} is in use by a running Postgres (process ${pid}). Stop the reviewd it belongs to, or choose another ` +
      "folder (REVIEWD_DATA_DIR).",
  );
}

/** Whether the server accepts connections. */
export function isReady(data: string): boolean {
  return readLines(data)[7]?.trim() === "ready";
}

/** The id alone proves nothing where a server's current folder, which is its data folder, can be asked for. */
function isServerOf(data: string, pid: number): boolean {
  try {
    return process.platform === "linux" ? readlinkSync(`/proc/${pid}/cwd`) === data : process.kill(pid, 0);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    // Gone, or somebody else's and thus not this folder's.
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return false;
    throw error;
  }
}

function readLines(data: string): readonly string[] {
  return existsSync(lockFile(data)) ? readFileSync(lockFile(data), "utf8").split("\n") : [];
}

function lockFile(data: string): string {
  return join(data, "postmaster.pid");
}
