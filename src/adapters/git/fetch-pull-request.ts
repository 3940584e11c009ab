/**
 * The two commits a pull request's diff lies between, and its base branch's own, fetched into a temporary folder: no history, and of the
 * contents only what is read later. Credentials live in the environment of git's processes and nowhere else.
 */
import { ReviewdError } from "../../errors.ts";
import type { CloneAccess } from "../forge/forge.ts";
import { hasCommit } from "./history.ts";
import { createRepository, isObjectId, type Repository, type RepositoryAccess } from "./repository.ts";
import { runGit } from "./run-git.ts";

/** What of a pull request is fetched: full commit ids. */
export interface PullRequestCommits {
  readonly mergeBase: string;
  readonly head: string;
  /** The tip of the base branch, where only that is read which the head must not decide. */
  readonly base?: string;
}

const deadlineMs = 600_000;

/**
 * Fetches the commits at depth 1 without file contents; those of the changed files follow in one request when
 * the diff is read. A server that knows no filters sends the contents at once. One that gives out only what its
 * references name (protocol v0 without allowReachableSHA1InWant) is asked for all references, with their history
 * and contents: it would not give out those later either.
 * @throws ReviewdError not_found when repository or commit do not exist, forbidden when the token does not allow it,
 * unavailable when the server cannot be reached, redirects or does not know the token, or git is stopped.
 */
export async function fetchPullRequest(
  access: CloneAccess,
  commits: PullRequestCommits,
  signal: AbortSignal,
): Promise<Repository> {
  const ids = [...new Set([commits.mergeBase, commits.head, commits.base ?? commits.head])];
  for (const id of ids) {
    if (!isObjectId(id)) throw new ReviewdError("invalid_input", `not a full commit id: ${id}`);
  }
  const objectFormat = commits.head.length === 64 ? "sha256" : "sha1";
  await using cleanup = new AsyncDisposableStack();
  const repository = cleanup.use(await createRepository(objectFormat, remoteAccess(access), signal));

  const failure = await fetchFrom(repository, ["--depth=1", "--filter=blob:none"], ids);
  if (failure !== null) await fetchReferences(repository, ids, failure);
  cleanup.move();
  return repository;
}

/** The remote is configured in the environment alone, so the folder holds neither its address nor the token. */
function remoteAccess({ url, authorization }: CloneAccess): RepositoryAccess {
  const { protocol, username, password, href } = new URL(url);
  if (!["https:", "http:", "file:"].includes(protocol) || username !== "" || password !== "") {
    throw new ReviewdError("invalid_input", "a clone URL is https, http or file and holds no credentials");
  }
  const login = [[`http.${href}.extraHeader`, `Authorization: ${authorization}`] as const];
  return {
    environment: { GIT_ALLOW_PROTOCOL: protocol.slice(0, -1) },
    config: [
      ["remote.origin.url", href],
      ["remote.origin.promisor", "true"],
      ["remote.origin.partialCloneFilter", "blob:none"],
      ["http.followRedirects", "false"],
      ["http.lowSpeedLimit", "1000"],
      ["http.lowSpeedTime", "30"],
      ...(authorization === "" ? [] : login),
    ],
    secrets: secretsIn(authorization),
  };
}

/** The header, its credential, and the token inside of a Basic one: a server may repeat any of them. */
function secretsIn(authorization: string): readonly string[] {
  const credential = authorization.replace(/^\S+\s+/, "");
  const [, token = ""] = /^basic\s/i.test(authorization) ? atob(credential).split(":") : [];
  return [authorization, credential, token].filter((secret) => secret !== "");
}

/** Null when done, else what git complained about. */
async function fetchFrom(
  repository: Repository,
  options: readonly string[],
  wanted: readonly string[],
): Promise<string | null> {
  const quiet = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"];
  const args = ["fetch", ...quiet, ...options, "--end-of-options", "origin", ...wanted];
  const call = { ...repository.access, args, signal: repository.signal, deadlineMs };
  const { exitCode, stderr } = await runGit(call);
  return exitCode === 0 ? null : stderr.trim();
}

async function fetchReferences(
  repository: Repository,
  ids: readonly string[],
  failure: string,
): Promise<void> {
  if (!failure.includes("does not allow request for unadvertised object")) throw fetchError(failure);
  const second = await fetchFrom(repository, ["--no-filter"], ["+refs/*:refs/fetched/*"]);
  if (second !== null) throw fetchError(second);
  for (const id of ids) {
    if (!(await hasCommit(repository, id))) throw fetchError(`no reference of the server leads to ${id}`);
  }
}

function fetchError(stderr: string): ReviewdError {
  const gone =
    /not our ref|not found|no reference|does not appear to be a git repository|returned error: 404/i;
  if (/returned error: 403/i.test(stderr))
    return new ReviewdError("forbidden", `git fetch was refused: ${stderr}`);
  if (gone.test(stderr)) return new ReviewdError("not_found", `git fetch found nothing: ${stderr}`);
  // Also a 401: the token may be so new that this server has not heard of it.
  return new ReviewdError("unavailable", `git fetch failed: ${stderr}`);
}
