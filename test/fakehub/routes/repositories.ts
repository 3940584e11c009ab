/** Repositories, their code and their people. */
import type { Answer, Call, Routes } from "../call.ts";
import type { Commit, TreeEntry } from "../git/git-store.ts";
import { GitHubError, notFound } from "../github-error.ts";
import { renderPublicUser, renderUser } from "../render/account.ts";
import { roleOf } from "../render/association.ts";
import { renderCommit, renderEntry, renderFile } from "../render/code.ts";
import { apiUrl, htmlUrl, renderFullRepository, renderRepository } from "../render/repository.ts";
import type { Role } from "../state.ts";

export const repositoryRoutes = {
  "GET /installation/repositories": (call) => {
    const { installation, repositories } = call.token;
    const covered = call.world.repositories.filter(
      (r) =>
        r.owner === installation.account && r.installed && !r.deleted && (repositories?.includes(r) ?? true),
    );
    const page = call.page(covered);
    const shown = page.items.map((repository) => renderRepository(call.world, repository));
    return { status: 200, body: { total_count: covered.length, repositories: shown }, headers: page.headers };
  },
  "DELETE /installation/token": (call) => {
    call.world.tokens.revoke(call.token);
    return { status: 204 };
  },
  "GET /rate_limit": rateLimit,
  "GET /users/{username}": (call) => {
    const account = call.world.findAccount(call.text("username"));
    if (!account) throw notFound();
    return { status: 200, body: renderPublicUser(call.world, account) };
  },
  "GET /repos/{owner}/{repo}": ({ world, repository }) => ({
    status: 200,
    body: renderFullRepository(world, repository),
  }),
  "GET /repos/{owner}/{repo}/collaborators/{username}/permission": collaboratorPermission,
  "GET /repos/{owner}/{repo}/branches/{branch}": branch,
  "GET /repos/{owner}/{repo}/commits/{ref}": commit,
  "GET /repos/{owner}/{repo}/compare/{basehead}": compare,
  "GET /repos/{owner}/{repo}/contents/{path}": contents,
} satisfies Routes;

function rateLimit({ world, caller }: Call): Answer {
  const shown = (resource: "core" | "graphql") => {
    const { limit, used, resetsAtMs } = world.rateLimits.bucket(world, caller, resource);
    return { limit, used, remaining: limit - used, reset: Math.ceil(resetsAtMs / 1000) };
  };
  const core = shown("core");
  return { status: 200, body: { resources: { core, graphql: shown("graphql"), search: core }, rate: core } };
}

const permissionOf: Readonly<Record<Role | "none", string>> = {
  admin: "admin",
  maintain: "write",
  write: "write",
  triage: "read",
  read: "read",
  none: "none",
};

function collaboratorPermission(call: Call): Answer {
  const account = call.world.findAccount(call.text("username"));
  if (!account) throw notFound();
  const role = roleOf(call.repository, account);
  const user = { ...renderUser(call.world, account), role_name: role };
  return { status: 200, body: { permission: permissionOf[role], role_name: role, user } };
}

async function branch(call: Call): Promise<Answer> {
  const { world, repository } = call;
  const name = call.text("branch");
  const sha = await repository.git.findCommit(`refs/heads/${name}`);
  if (!sha) throw notFound();
  const url = `${apiUrl(world, repository)}/branches/${name}`;
  return {
    status: 200,
    body: {
      name,
      commit: renderCommit(world, repository, await repository.git.readCommit(sha)),
      _links: { self: url, html: `${htmlUrl(world, repository)}/tree/${name}` },
      protected: false,
      protection: { enabled: false },
      protection_url: `${url}/protection`,
    },
  };
}

async function commit(call: Call): Promise<Answer> {
  const { world, repository } = call;
  const sha = await getCommit(call, call.text("ref"));
  const found = await repository.git.readCommit(sha);
  const parent = found.parents[0];
  const files = parent === undefined ? [] : await repository.git.diff(parent, sha);
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  return {
    status: 200,
    body: {
      ...renderCommit(world, repository, found),
      stats: { additions, deletions, total: additions + deletions },
      files: call.page(files).items.map((file) => renderFile(world, repository, sha, file)),
    },
  };
}

async function getCommit({ repository }: Call, name: string): Promise<string> {
  const sha = await repository.git.findCommit(name);
  if (!sha) throw new GitHubError(422, `No commit found for SHA: ${name}`);
  return sha;
}

/** Files only on the first page; commits are paged. */
async function compare(call: Call): Promise<Answer> {
  const { world, repository } = call;
  const { git } = repository;
  const [base, head] = await compared(call);
  const mergeBase = await git.findMergeBase(base, head);
  if (mergeBase === null) throw notFound();
  const ahead = await git.commitsBetween(mergeBase, head);
  const behind = await git.commitsBetween(mergeBase, base);
  const files = (await git.diff(mergeBase, head)).slice(0, world.limits.comparedFiles);
  const page = call.page(ahead);
  const shown = (found: Commit) => renderCommit(world, repository, found);
  const isFirst = (call.query("page") ?? "1") === "1";
  return {
    status: 200,
    headers: page.headers,
    body: {
      ...comparisonUrls(call, base, head),
      base_commit: shown(await git.readCommit(base)),
      merge_base_commit: shown(await git.readCommit(mergeBase)),
      status: comparisonStatus(ahead.length, behind.length),
      ahead_by: ahead.length,
      behind_by: behind.length,
      total_commits: ahead.length,
      commits: page.items.map(shown),
      ...(isFirst && { files: files.map((file) => renderFile(world, repository, head, file)) }),
    },
  };
}

/** `BASE...HEAD`; each may be `OWNER:NAME`, of a fork. A missing one is 404. */
async function compared(call: Call): Promise<[string, string]> {
  const names = call.text("basehead").split("...");
  if (names.length !== 2) throw notFound();
  const found = await Promise.all(
    names.map((name) => call.repository.git.findCommit(name.split(":").at(-1) ?? "")),
  );
  const [base, head] = found;
  if (!base || !head) throw notFound();
  return [base, head];
}

function comparisonStatus(ahead: number, behind: number): string {
  if (ahead > 0 && behind > 0) return "diverged";
  if (ahead > 0) return "ahead";
  return behind > 0 ? "behind" : "identical";
}

function comparisonUrls({ world, repository }: Call, base: string, head: string) {
  const html = `${htmlUrl(world, repository)}/compare/${base}...${head}`;
  return {
    url: `${apiUrl(world, repository)}/compare/${base}...${head}`,
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
  };
}

async function contents(call: Call): Promise<Answer> {
  const { world, repository } = call;
  const ref = call.query("ref") ?? repository.defaultBranch;
  const sha = await repository.git.findCommit(ref);
  if (!sha) throw notFound();
  const path = call.text("path").replace(/\/+$/, "");
  const [entry] = await repository.git.listTree(sha, path);
  if (!entry) throw notFound();
  if (entry.type === "tree") {
    const entries = await repository.git.listTree(sha, `${path}/`);
    return { status: 200, body: entries.map((inner) => renderEntry(world, repository, ref, inner)) };
  }
  return await fileContents(call, ref, entry);
}

async function fileContents(call: Call, ref: string, entry: TreeEntry): Promise<Answer> {
  const { world, repository } = call;
  const bytes = await repository.git.readBlob(entry.sha);
  if (/\braw\b/.test(call.headers.get("accept") ?? ""))
    return {
      status: 200,
      text: { type: "application/octet-stream", content: Buffer.from(bytes).toString() },
    };
  const content = Buffer.from(bytes).toString("base64").replace(/.{60}/g, "$&\n");
  return {
    status: 200,
    body: { ...renderEntry(world, repository, ref, entry), encoding: "base64", content: `${content}\n` },
  };
}
