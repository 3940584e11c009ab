/** Commits, changed files and file contents as GitHub shows them. */
import type { DiffFile } from "../git/diff-files.ts";
import type { Commit, TreeEntry } from "../git/git-store.ts";
import type { Repository } from "../state.ts";
import type { World } from "../world.ts";
import { renderUser } from "./account.ts";
import { apiUrl, htmlUrl } from "./repository.ts";

export function renderCommit(world: World, repository: Repository, commit: Commit) {
  const url = apiUrl(world, repository);
  const html = htmlUrl(world, repository);
  const person = { name: commit.authorName, email: commit.authorEmail, date: commit.date };
  const account = world.findAccount(commit.authorName);
  return {
    sha: commit.sha,
    node_id: `C_kwDO${commit.sha.slice(0, 12)}`,
    commit: {
      author: person,
      committer: person,
      message: commit.message,
      tree: { sha: commit.treeSha, url: `${url}/git/trees/${commit.treeSha}` },
      url: `${url}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: {
        verified: false,
        reason: "unsigned",
        signature: null,
        payload: null,
        verified_at: null,
      },
    },
    url: `${url}/commits/${commit.sha}`,
    html_url: `${html}/commit/${commit.sha}`,
    comments_url: `${url}/commits/${commit.sha}/comments`,
    author: account && renderUser(world, account),
    committer: account && renderUser(world, account),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${url}/commits/${sha}`,
      html_url: `${html}/commit/${sha}`,
    })),
  };
}

/** The patch is left out where GitHub leaves it out: binary, only renamed, or too large. */
export function renderFile(world: World, repository: Repository, sha: string, file: DiffFile) {
  const path = file.path.split("/").map(encodeURIComponent).join("/");
  const html = htmlUrl(world, repository);
  const shown = file.patch !== null && !isTooLarge(world, file.patch);
  return {
    sha: file.blobSha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${html}/blob/${sha}/${path}`,
    raw_url: `${html}/raw/${sha}/${path}`,
    contents_url: `${apiUrl(world, repository)}/contents/${path}?ref=${sha}`,
    ...(shown && { patch: file.patch }),
    ...(file.previousPath !== null && { previous_filename: file.previousPath }),
  };
}

function isTooLarge(world: World, patch: string): boolean {
  const { patchLines, patchBytes } = world.limits;
  return Buffer.byteLength(patch) > patchBytes || patch.split("\n").length > patchLines;
}

export function renderEntry(world: World, repository: Repository, ref: string, entry: TreeEntry) {
  const path = entry.path.split("/").map(encodeURIComponent).join("/");
  const url = `${apiUrl(world, repository)}/contents/${path}?ref=${encodeURIComponent(ref)}`;
  const kind = entry.type === "tree" ? "dir" : entry.mode === "120000" ? "symlink" : "file";
  const gitUrl = `${apiUrl(world, repository)}/git/${entry.type}s/${entry.sha}`;
  const html = `${htmlUrl(world, repository)}/${entry.type}/${encodeURIComponent(ref)}/${path}`;
  return {
    type: kind,
    size: entry.size,
    name: entry.path.split("/").at(-1) ?? "",
    path: entry.path,
    sha: entry.sha,
    url,
    git_url: gitUrl,
    html_url: html,
    download_url: kind === "dir" ? null : html.replace("/blob/", "/raw/"),
    _links: { self: url, git: gitUrl, html },
  };
}
