/**
 * The server's process, held by a small shell that waits on a pipe from us: when the pipe closes, whether we asked for
 * it or were killed, the server is shut down. So it never outlives us, and Ctrl-C in the terminal reaches only us.
 */
import { closeSync, openSync } from "node:fs";
import { childEnvironment } from "./run-as.ts";
import type { ServerUser } from "./server-user.ts";

export interface GuardedServer {
  /** Settles when the server is gone, for whatever reason. */
  readonly exited: Promise<unknown>;
  /** Cuts off clients, writes everything to disk and settles when the server is gone. */
  readonly stop: () => Promise<void>;
}

/** SIGINT is Postgres' fast shutdown. The reader sees end of file when the other end of the pipe is gone. */
const guard = `
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
( read -r _ <&3; kill -INT $server ) &
reader=$!
wait $server
status=$?
kill $reader 2>/dev/null
exit $status`;

/** After this the server is killed; its next start recovers from its log. */
const fastShutdownMs = 20_000;

export function startGuarded(user: ServerUser, command: readonly string[], logFile: string): GuardedServer {
  const log = openSync(logFile, "w", 0o600);
  const child = Bun.spawn(["/bin/sh", "-c", guard, "reviewd-postgres", ...command], {
    ...user,
    cwd: "/",
    env: childEnvironment,
    stdin: "pipe",
    stdout: log,
    stderr: log,
    detached: true,
  });
  closeSync(log);

  const stop = async () => {
    await child.stdin.end();
    const killing = setTimeout(() => process.kill(-child.pid, "SIGKILL"), fastShutdownMs);
    await child.exited;
    clearTimeout(killing);
  };
  return { exited: child.exited, stop };
}
