/**
 * The diff between two commits. `--text` is not needed to defeat `*.ts -diff` or `binary`: a bare folder of our
 * own has no attributes, and git then decides by the content alone (a NUL among the first 8,000 bytes).
 */
import { ReviewdError } from "../../errors.ts";
import type { FileDiff } from "./diff.ts";
import { createPatchParser, type PatchLimits, type PatchSection } from "./patch-parser.ts";
import { parseRawDiff, type RawChange } from "./raw-diff.ts";
import { isObjectId, maxFileBytes, type Repository } from "./repository.ts";
import { type GitCall, readTail, runGit, startGit } from "./run-git.ts";

const deadlineMs = 180_000;
const symlinkMode = "120000";
const submoduleMode = "160000";

/** Memory stays bounded whatever is pushed: beyond this, files are `too_large`. */
const diffLimits: PatchLimits = { maxLines: 400_000, maxBytes: 128 * 1024 * 1024 };
/** Bytes of the patch after which the rest is not read at all. */
const maxPatchBytes = 1024 * 1024 * 1024;

/**
 * What changed from one commit (or tree) to another, in git's order, renames found, three lines of context.
 * Text is decoded as UTF-8, wrong bytes as U+FFFD; a carriage return stays at the end of its line.
 * @throws ReviewdError not_found when the repository lacks an object, unavailable when git fails.
 */
export async function readDiff(
  repository: Repository,
  base: string,
  head: string,
  limits: PatchLimits = diffLimits,
): Promise<FileDiff[]> {
  for (const id of [base, head]) {
    if (!isObjectId(id)) throw new ReviewdError("invalid_input", `not a full commit id: ${id}`);
  }
  const changes = await readRawDiff(repository, base, head);
  const sections = await readPatch(repository, base, head, limits);

  const files: FileDiff[] = [];
  let at = 0;
  for (const change of changes) {
    // From a file to a link or back, git prints a deletion and an addition; the addition is what is there now.
    at += change.typeChanged ? 2 : 1;
    files.push(await toFileDiff(repository, change, sections[at - 1] ?? unread));
  }
  if (at < sections.length) throw new Error(`${sections.length} patches for ${changes.length} changed files`);
  return files;
}

const unread: PatchSection = { binary: false, tooLarge: true, hunks: [] };

async function readRawDiff(
  repository: Repository,
  base: string,
  head: string,
): Promise<readonly RawChange[]> {
  const { exitCode, stdout, stderr } = await runGit(diffCall(repository, "--raw", base, head));
  if (exitCode !== 0) throw diffError(stderr);
  return parseRawDiff(stdout);
}

/** Sections in the order of the raw diff; fewer when there was more than is read. */
async function readPatch(
  repository: Repository,
  base: string,
  head: string,
  limits: PatchLimits,
): Promise<readonly PatchSection[]> {
  await using git = startGit(diffCall(repository, "--patch", base, head));
  const complaint = readTail(git.process.stderr, repository.access.secrets ?? []);
  const parser = createPatchParser(limits);
  const complete = await eachLine(git.process.stdout, maxPatchBytes, parser.take);
  if (!complete) return parser.end().slice(0, -1);
  const exitCode = await git.process.exited;
  git.throwIfCut();
  if (exitCode !== 0) throw diffError(await complaint);
  return parser.end();
}

function diffCall(repository: Repository, format: "--raw" | "--patch", base: string, head: string): GitCall {
  const options = ["-r", "-M", "-z", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv"];
  return {
    ...repository.access,
    args: ["diff-tree", format, ...options, "--ignore-submodules=none", "--end-of-options", base, head],
    signal: repository.signal,
    deadlineMs,
  };
}

/** A repository that fetches what it lacks fails for another reason than one that lacks it. */
function diffError(stderr: string): ReviewdError {
  const message = stderr.trim();
  const lacking = /unable to read |bad (object|tree)|not a tree object/.test(message);
  const missing = lacking && !message.includes("promisor remote");
  if (!missing) return new ReviewdError("unavailable", `git diff-tree failed: ${message}`);
  return new ReviewdError("not_found", `commits or files are missing, as in a partial clone: ${message}`);
}

/** False when there was more than maxBytes. */
async function eachLine(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  take: (line: Uint8Array) => void,
): Promise<boolean> {
  let begun: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const rest = chunk.subarray(start, end);
      take(begun.length === 0 ? rest : Bun.concatArrayBuffers([...begun, rest], Infinity, true));
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
    bytes += chunk.length;
    if (bytes > maxBytes) return false;
  }
  return true;
}

async function toFileDiff(repository: Repository, raw: RawChange, section: PatchSection): Promise<FileDiff> {
  const { path, oldPath, change } = raw;
  const omitted = await omission(repository, raw, section);
  const binary = section.binary && omitted === null;
  return { path, oldPath, change, binary, omitted, hunks: omitted === null ? section.hunks : [] };
}

async function omission(
  repository: Repository,
  raw: RawChange,
  section: PatchSection,
): Promise<FileDiff["omitted"]> {
  const mode = raw.change === "deleted" ? raw.oldMode : raw.newMode;
  if (mode === symlinkMode) return "symlink";
  if (mode === submoduleMode) return "submodule";
  if (section.tooLarge) return "too_large";
  if (!section.binary) return null;
  return (await isTooLarge(repository, raw)) ? "too_large" : null;
}

async function isTooLarge(repository: Repository, { oldId, newId }: RawChange): Promise<boolean> {
  for (const id of [oldId, newId]) {
    const blob = /^0+$/.test(id) ? null : await repository.blobs.find(id);
    if (blob && blob.bytes > maxFileBytes) return true;
  }
  return false;
}
