/** How much memory another process of ours uses now. */
import { readFile } from "node:fs/promises";

/** 0 when the process is gone. */
export async function residentBytes(pid: number): Promise<number> {
  return process.platform === "linux" ? await fromProc(pid) : await fromPs(pid);
}

async function fromProc(pid: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "latin1");
    // A process that has ended but was not waited for has no such line.
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH"))
      return 0;
    throw error;
  }
}

async function fromPs(pid: number): Promise<number> {
  const ps = Bun.spawn(["ps", "-o", "rss=", "-p", String(pid)], { stdout: "pipe", stderr: "ignore" });
  return Number.parseInt((await ps.stdout.text()).trim() || "0", 10) * 1024;
}
