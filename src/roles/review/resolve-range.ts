/** Which two commits a range means, in the words of the people who type it. */
import { findMergeBase, hasCommit, parentsOf } from "../../adapters/git/history.ts";
import { type Clone, findCommit, findSymbolicName } from "../../adapters/git/open-clone.ts";
import { emptyTree } from "../../adapters/git/repository.ts";
import { ReviewdError } from "../../errors.ts";

export interface ResolvedRange {
  /** How people call it, e.g. `origin/main...HEAD`. */
  readonly name: string;
  /** A full commit id; the empty tree's for a root commit. */
  readonly base: string;
  readonly head: string;
  /** What the change goes to: its configuration counts. The base, or what has come after it there. */
  readonly target: string;
}

/**
 * @param text what was given as RANGE; null for the default
 * @throws ReviewdError not_found for a revision, ancestor or parent that is not in the clone
 */
export async function resolveRange(clone: Clone, text: string | null): Promise<ResolvedRange> {
  if (text === null) return await defaultRange(clone);
  const [, from = "", dots, to = ""] = /^(.*?)(\.{2,3})(.*)$/s.exec(text) ?? [];
  if (dots === undefined) return await singleCommit(clone, text, await getCommit(clone, text));
  const [start, head] = [await getCommit(clone, from || "HEAD"), await getCommit(clone, to || "HEAD")];
  const base = dots === "..." ? await getMergeBase(clone, { start, head, name: text }) : start;
  return { name: text, base, head, target: start };
}

async function defaultRange(clone: Clone): Promise<ResolvedRange> {
  const head = await findCommit(clone, "HEAD");
  if (head === null) throw new ReviewdError("not_found", "there is no commit yet");
  const target = await findTarget(clone);
  if (target === null) return await singleCommit(clone, "HEAD", head);
  const name = `${target.name}...HEAD`;
  const base = await getMergeBase(clone, { start: target.commit, head, name });
  return base === head
    ? await singleCommit(clone, "HEAD", head)
    : { name, base, head, target: target.commit };
}

/** What HEAD would be merged into. */
async function findTarget(clone: Clone): Promise<{ name: string; commit: string } | null> {
  const upstream = await findSymbolicName(clone, "@{upstream}");
  const branch = await findSymbolicName(clone, "HEAD");
  const elsewhere =
    upstream !== null && branch !== null && !upstream.endsWith(`/${branch}`) ? [upstream] : [];
  const origin = await findSymbolicName(clone, "refs/remotes/origin/HEAD");
  const usual = ["origin/main", "origin/master", "main", "master"];
  for (const name of [...elsewhere, ...(origin === null ? [] : [origin]), ...usual]) {
    const commit =
      (await findCommit(clone, `refs/remotes/${name}`)) ?? (await findCommit(clone, `refs/heads/${name}`));
    if (commit !== null) return { name, commit };
  }
  return null;
}

async function singleCommit(clone: Clone, name: string, head: string): Promise<ResolvedRange> {
  const { repository } = clone;
  const [parent] = await parentsOf(repository, head);
  const nothing = emptyTree[repository.objectFormat];
  if (parent === undefined) return { name, base: nothing, head, target: nothing };
  if (await hasCommit(repository, parent))
    return { name: `${name}^..${name}`, base: parent, head, target: parent };
  throw missing(clone, `the parent of ${name}, ${parent}, is not in this repository`);
}

async function getCommit(clone: Clone, revision: string): Promise<string> {
  const commit = await findCommit(clone, revision);
  if (commit !== null) return commit;
  throw missing(clone, `unknown revision: ${revision}`);
}

async function getMergeBase(
  clone: Clone,
  { start, head, name }: { readonly start: string; readonly head: string; readonly name: string },
): Promise<string> {
  const base = await findMergeBase(clone.repository, start, head);
  if (base !== null) return base;
  throw missing(clone, `the two sides of ${name} have no common ancestor here`);
}

function missing({ shallow }: Clone, problem: string): ReviewdError {
  const advice = "; this clone is shallow, git fetch --unshallow brings the rest of its history";
  return new ReviewdError("not_found", shallow ? `${problem}${advice}` : problem);
}
