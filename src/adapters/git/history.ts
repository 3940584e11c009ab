/** How commits of a repository hang together. */
import { ReviewdError } from "../../errors.ts";
import type { Repository } from "./repository.ts";
import { gitOutput, runGit } from "./run-git.ts";

/** A commit's parents as it was made, also where a shallow clone does not have them. */
export async function parentsOf(repository: Repository, sha: string): Promise<readonly string[]> {
  const args = ["cat-file", "commit", sha];
  const output = await gitOutput({
    ...repository.access,
    args,
    signal: repository.signal,
    deadlineMs: 30_000,
  });
  const [headers = ""] = new TextDecoder().decode(output).split("\n\n", 1);
  return [...headers.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, parent = ""]) => parent);
}

/** True when the commit itself is here; its trees and files may still be missing. */
export async function hasCommit(repository: Repository, sha: string): Promise<boolean> {
  const args = ["cat-file", "-e", `${sha}^{commit}`];
  const call = { ...repository.access, args, signal: repository.signal, deadlineMs: 30_000 };
  return (await runGit(call)).exitCode === 0;
}

/** The best common ancestor; null when the two share no history that is here. */
export async function findMergeBase(repository: Repository, a: string, b: string): Promise<string | null> {
  const args = ["merge-base", "--end-of-options", a, b];
  const call = { ...repository.access, args, signal: repository.signal, deadlineMs: 120_000 };
  const { exitCode, stdout, stderr } = await runGit(call);
  if (exitCode === 1) return null;
  if (exitCode === 0) return new TextDecoder().decode(stdout).trim();
  throw new ReviewdError("unavailable", `git merge-base failed: ${stderr.trim()}`);
}
