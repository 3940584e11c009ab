/** One repository's bare git repository. Everything fakehub says about code is asked of it. */
import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type DiffFile, diffFiles, diffText } from "./diff-files.ts";
import { type CommitRequest, fastImportStream } from "./fast-import.ts";
import { findGitText, gitText, runGit } from "./run-git.ts";

export interface Commit {
  readonly sha: string;
  readonly treeSha: string;
  readonly parents: readonly string[];
  readonly authorName: string;
  readonly authorEmail: string;
  readonly date: string;
  readonly message: string;
}

export interface MergeRequest extends Pick<CommitRequest, "message" | "author" | "timeMs"> {
  readonly base: string;
  readonly head: string;
}

/** What GitHub's servers allow a fetch: partial clones, and any commit by its id. */
const serverSettings = `[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
	allowReachableSHA1InWant = true
[http]
	receivepack = false
[gc]
	auto = 0
`;

export class GitStore {
  readonly folder: string;
  /** Commits never change, so neither does a diff between two of them. */
  readonly #diffs = new Map<string, Promise<DiffFile[]>>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(folder: string, defaultBranch: string): Promise<GitStore> {
    await mkdir(folder, { recursive: true });
    await runGit(folder, ["init", "--bare", "--quiet", `--initial-branch=${defaultBranch}`]);
    await appendFile(join(folder, "config"), serverSettings);
    return new GitStore(folder);
  }

  /** Puts the files on top of `parent`, moves the branch there (also backwards) and answers the commit's id. */
  async commit(request: CommitRequest): Promise<string> {
    const args = ["fast-import", "--quiet", "--force", "--date-format=raw"];
    const output = await runGit(this.folder, args, fastImportStream(request));
    return new TextDecoder().decode(output).trim();
  }

  /** A merge commit of two commits that do not conflict. */
  async merge({ base, head, message, author, timeMs }: MergeRequest): Promise<string> {
    const tree = (await gitText(this.folder, ["merge-tree", "--write-tree", base, head])).trim();
    const date = `${Math.floor(timeMs / 1000)} +0000`;
    const person = `${author.name} <${author.email}> ${date}`;
    const commit = `tree ${tree}\nparent ${base}\nparent ${head}\nauthor ${person}\ncommitter ${person}\n\n${message}\n`;
    const output = await runGit(
      this.folder,
      ["hash-object", "-t", "commit", "-w", "--stdin"],
      Buffer.from(commit),
    );
    return new TextDecoder().decode(output).trim();
  }

  async updateRef(ref: string, sha: string): Promise<void> {
    await runGit(this.folder, ["update-ref", ref, sha]);
  }

  async deleteRef(ref: string): Promise<void> {
    await runGit(this.folder, ["update-ref", "-d", ref]);
  }

  /** Copies a commit with its history from another repository and keeps it under `ref`. */
  async fetchFrom(other: GitStore, sha: string, ref: string): Promise<void> {
    await runGit(this.folder, [
      "fetch",
      "--quiet",
      "--no-tags",
      "--no-write-fetch-head",
      other.folder,
      `+${sha}:${ref}`,
    ]);
  }

  /** A branch, tag or (abbreviated) commit id. */
  async findCommit(name: string): Promise<string | null> {
    for (const candidate of [`refs/heads/${name}`, `refs/tags/${name}`, name]) {
      const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${candidate}^{commit}`];
      const sha = await findGitText(this.folder, args);
      if (sha) return sha;
    }
    return null;
  }

  async getCommit(name: string): Promise<string> {
    const sha = await this.findCommit(name);
    if (!sha) throw new Error(`${name} is not a commit of ${this.folder}`);
    return sha;
  }

  async findMergeBase(one: string, other: string): Promise<string | null> {
    return await findGitText(this.folder, ["merge-base", one, other]);
  }

  async isAncestor(ancestor: string, commit: string): Promise<boolean> {
    return (await findGitText(this.folder, ["merge-base", "--is-ancestor", ancestor, commit])) !== null;
  }

  /** Commits reachable from `to` and not from `from`, oldest first. */
  async commitsBetween(from: string, to: string): Promise<Commit[]> {
    return await this.#log(["--reverse", `${from}..${to}`]);
  }

  async readCommit(sha: string): Promise<Commit> {
    const [commit] = await this.#log(["-1", sha]);
    if (!commit) throw new Error(`no commit ${sha}`);
    return commit;
  }

  async #log(args: readonly string[]): Promise<Commit[]> {
    const format = ["%H", "%T", "%P", "%an", "%ae", "%aI", "%B"].join("%x00");
    const output = await gitText(this.folder, ["log", `--format=${format}%x01`, ...args]);
    return output
      .split("\x01")
      .map(parseCommit)
      .filter((commit) => commit !== null);
  }

  diff(from: string, to: string): Promise<DiffFile[]> {
    const key = `${from}..${to}`;
    const known = this.#diffs.get(key) ?? diffFiles(this.folder, from, to);
    this.#diffs.set(key, known);
    return known;
  }

  diffText(from: string, to: string): Promise<string> {
    return diffText(this.folder, from, to);
  }

  /** A file's or folder's entry at a commit. */
  async listTree(commit: string, path: string): Promise<TreeEntry[]> {
    const output = await gitText(this.folder, [
      "ls-tree",
      "-z",
      "-l",
      commit,
      ...(path === "" ? [] : [path]),
    ]);
    return output.split("\0").filter(Boolean).map(parseTreeEntry);
  }

  async readBlob(sha: string): Promise<Uint8Array> {
    return await runGit(this.folder, ["cat-file", "blob", sha]);
  }
}

export interface TreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly size: number;
  readonly path: string;
}

function parseTreeEntry(line: string): TreeEntry {
  const [facts = "", path = ""] = line.split("\t");
  const [mode = "", type = "", sha = "", size = ""] = facts.split(/ +/);
  return { mode, type, sha, size: Number.parseInt(size, 10) || 0, path };
}

function parseCommit(record: string): Commit | null {
  const fields = record.trimStart().split("\0");
  const [sha, treeSha = "", parents = "", authorName = "", authorEmail = "", date = "", message = ""] =
    fields;
  if (!sha) return null;
  const isoDate = new Date(date).toISOString().replace(/\.\d+Z$/, "Z");
  return {
    sha,
    treeSha,
    parents: parents.split(" ").filter(Boolean),
    authorName,
    authorEmail,
    date: isoDate,
    message: message.replace(/\n$/, ""),
  };
}
