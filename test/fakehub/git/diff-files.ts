/** What changed between two commits, file by file, as git itself prints it. */
import { gitText } from "./run-git.ts";

export interface DiffFile {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: "added" | "removed" | "modified" | "renamed" | "copied" | "changed";
  readonly additions: number;
  readonly deletions: number;
  /** The blob at the head; of a removed file, the one it had. */
  readonly blobSha: string;
  /** From the first `@@` on; null for binary files and pure renames. */
  readonly patch: string | null;
}

const statuses: Readonly<Record<string, DiffFile["status"]>> = {
  A: "added",
  C: "copied",
  D: "removed",
  M: "modified",
  R: "renamed",
  T: "changed",
};

const common = ["diff", "--no-color", "--no-ext-diff", "--no-textconv", "-M"];

export async function diffText(folder: string, from: string, to: string): Promise<string> {
  return await gitText(folder, [...common, from, to]);
}

export async function diffFiles(folder: string, from: string, to: string): Promise<DiffFile[]> {
  const [raw, counts, text] = await Promise.all([
    gitText(folder, [...common, "--raw", "-z", "--no-abbrev", from, to]),
    gitText(folder, [...common, "--numstat", "-z", from, to]),
    diffText(folder, from, to),
  ]);
  const countsByPath = parseCounts(counts);
  const sections = text.split(/^(?=diff --git )/m);
  let next = sections[0] === "" ? 1 : 0;
  return parseRaw(raw).map((entry) => {
    // A file that became a link (or the reverse) is printed as two sections, one removed and one added.
    const width = entry.status === "changed" ? 2 : 1;
    const printed = sections.slice(next, next + width).map(patchOf);
    next += width;
    const patch = printed.filter((section) => section !== null).join("\n");
    return {
      ...entry,
      ...(countsByPath.get(entry.path) ?? { additions: 0, deletions: 0 }),
      patch: patch === "" ? null : patch,
    };
  });
}

type RawEntry = Pick<DiffFile, "path" | "previousPath" | "status" | "blobSha">;

function parseRaw(raw: string): RawEntry[] {
  const fields = raw.split("\0");
  const entries: RawEntry[] = [];
  for (let at = 0; fields[at]?.startsWith(":"); ) {
    const [, , before = "", after = "", letter = ""] = (fields[at] ?? "").split(" ");
    const status = statuses[letter.charAt(0)] ?? "modified";
    const moved = status === "renamed" || status === "copied";
    entries.push({
      path: fields[at + (moved ? 2 : 1)] ?? "",
      previousPath: moved ? (fields[at + 1] ?? null) : null,
      status,
      blobSha: status === "removed" ? before : after,
    });
    at += moved ? 3 : 2;
  }
  return entries;
}

/** `--numstat -z`: `added<TAB>deleted<TAB>path`, or with an empty path followed by the old and the new one. */
function parseCounts(counts: string): Map<string, { additions: number; deletions: number }> {
  const fields = counts.split("\0");
  const byPath = new Map<string, { additions: number; deletions: number }>();
  for (let at = 0; fields[at]; ) {
    const [added = "", deleted = "", ...rest] = (fields[at] ?? "").split("\t");
    const path = rest.join("\t");
    const moved = path === "";
    byPath.set(moved ? (fields[at + 2] ?? "") : path, {
      additions: Number.parseInt(added, 10) || 0,
      deletions: Number.parseInt(deleted, 10) || 0,
    });
    at += moved ? 3 : 1;
  }
  return byPath;
}

function patchOf(section: string): string | null {
  const start = section.search(/^@@ /m);
  return start < 0 ? null : section.slice(start).replace(/\n$/, "");
}
