/** Runs one of Postgres' programs to its end, as the server's user and with an environment that holds no secret. */
import type { ServerUser } from "./server-user.ts";

/** What a child of ours gets to see: another process of its user can read it. */
export const childEnvironment = { LC_ALL: "C", TZ: "UTC", PATH: "/usr/bin:/bin" };

/** Output is what it wrote on either stream. A program that cannot be started ends with exit code 127. */
export async function runAs(
  user: ServerUser,
  command: readonly [string, ...string[]],
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const child = start(user, command);
  if ("problem" in child) return { exitCode: 127, output: child.problem };
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { exitCode, output: stdout + stderr };
}

function start(user: ServerUser, command: readonly [string, ...string[]]) {
  try {
    // Not the current folder, which the user may not be allowed into.
    return Bun.spawn([...command], {
      ...user,
      cwd: "/",
      env: childEnvironment,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      // Its own session: Ctrl-C in the terminal is ours to pass on.
      detached: true,
    });
  } catch (error) {
    // Bun throws when the program is not there or may not be executed.
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
