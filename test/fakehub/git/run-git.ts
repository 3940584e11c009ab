/** Runs git on a bare repository, apart from whatever configuration the machine has. */

/** Also the environment of `git http-backend`. */
export const gitEnvironment: Readonly<Record<string, string>> = {
  PATH: Bun.env.PATH ?? "/usr/bin:/bin",
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  LC_ALL: "C",
};

/** @throws with git's own words when it fails. */
export async function runGit(
  folder: string,
  args: readonly string[],
  input?: Uint8Array,
): Promise<Uint8Array> {
  const { exitCode, output, complaint } = await spawnGit(folder, args, input);
  if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${complaint.trim() || `exit ${exitCode}`}`);
  return output;
}

export async function gitText(folder: string, args: readonly string[]): Promise<string> {
  return new TextDecoder().decode(await runGit(folder, args));
}

/** For questions git answers "no" to by its exit code. */
export async function findGitText(folder: string, args: readonly string[]): Promise<string | null> {
  const { exitCode, output } = await spawnGit(folder, args);
  return exitCode === 0 ? new TextDecoder().decode(output).trim() : null;
}

async function spawnGit(folder: string, args: readonly string[], input?: Uint8Array) {
  const process = Bun.spawn(["git", ...args], {
    cwd: folder,
    env: gitEnvironment,
    stdin: input ?? "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, complaint, exitCode] = await Promise.all([
    new Response(process.stdout).bytes(),
    new Response(process.stderr).text(),
    process.exited,
  ]);
  return { exitCode, output, complaint };
}
