/** Pull requests: facts, commits, files, and the diff as a whole. */
import type { Answer, Call, Routes } from "../call.ts";
import { GitHubError } from "../github-error.ts";
import { pullFiles, pullRange, pullSize } from "../pull-diff.ts";
import { renderCommit, renderFile } from "../render/code.ts";
import { renderPull, renderPullSimple } from "../render/pull.ts";
import type { PullRequest } from "../state.ts";

export const pullRoutes = {
  "GET /repos/{owner}/{repo}/pulls": (call) => {
    const found = call.world.pulls.filter(
      (pull) => pull.repository === call.repository && matches(call, pull),
    );
    return call.list(sorted(call, found), (pull) => renderPullSimple(call.world, pull));
  },
  "GET /repos/{owner}/{repo}/pulls/{pull_number}": async (call) => {
    const pull = call.getPull();
    if (/\bdiff\b/.test(call.headers.get("accept") ?? "")) return await wholeDiff(call, pull);
    return { status: 200, body: renderPull(call.world, pull, await pullSize(pull)) };
  },
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/commits": async (call) => {
    const { commits } = await pullSize(call.getPull());
    // GitHub lists no more than 250 commits of a pull request, oldest first.
    return call.list(commits.slice(0, 250), (commit) => renderCommit(call.world, call.repository, commit));
  },
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/files": async (call) => {
    const pull = call.getPull();
    const files = (await pullFiles(pull)).slice(0, call.world.limits.listedFiles);
    return call.list(files, (file) => renderFile(call.world, call.repository, pull.headSha, file));
  },
} satisfies Routes;

function matches(call: Call, pull: PullRequest): boolean {
  const state = call.query("state") ?? "open";
  const head = call.query("head");
  const base = call.query("base");
  if (state !== "all" && pull.state !== state) return false;
  if (head !== null && head !== `${pull.headRepository.owner.login}:${pull.headRef}`) return false;
  return base === null || base === pull.baseRef;
}

function sorted(call: Call, pulls: readonly PullRequest[]): PullRequest[] {
  const sort = call.query("sort") ?? "created";
  const key = (pull: PullRequest) => Date.parse(sort === "updated" ? pull.updatedAt : pull.createdAt);
  const ascending = pulls.toSorted((a, b) => key(a) - key(b) || a.number - b.number);
  const direction = call.query("direction") ?? (sort === "created" ? "desc" : "asc");
  return direction === "asc" ? ascending : ascending.toReversed();
}

async function wholeDiff({ world }: Call, pull: PullRequest): Promise<Answer> {
  const files = await pullFiles(pull);
  const { from, to } = await pullRange(pull);
  const content = await pull.repository.git.diffText(from, to);
  const { diffFiles, diffLines } = world.limits;
  if (files.length > diffFiles) throw tooLarge(`the maximum number of files (${diffFiles})`);
  if (content.split("\n").length > diffLines) throw tooLarge(`the maximum number of lines (${diffLines})`);
  return { status: 200, text: { type: "application/vnd.github.v3.diff; charset=utf-8", content } };
}

function tooLarge(what: string): GitHubError {
  return new GitHubError(
    406,
    `Sorry, the diff exceeded ${what}. Consider using 'List pull requests files' API.`,
    {
      errors: [{ resource: "PullRequest", field: "diff", code: "too_large" }],
    },
  );
}
