/** Which files differ between two trees, as `git diff-tree --raw -z` prints it: names are never quoted there. */
import type { FileDiff } from "./diff.ts";

export interface RawChange {
  readonly path: string;
  /** Only of a rename. */
  readonly oldPath: string | null;
  readonly change: FileDiff["change"];
  /** From a file to a link, a submodule, or back. */
  readonly typeChanged: boolean;
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldId: string;
  readonly newId: string;
}

const entry = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) ([AMDTR])\d*$/;

/** @throws Error when it is not what diff-tree prints. */
export function parseRawDiff(output: Uint8Array): readonly RawChange[] {
  const fields = new TextDecoder("utf-8", { ignoreBOM: true }).decode(output).split("\0");
  const changes: RawChange[] = [];
  for (let at = 0; at < fields.length - 1; ) {
    const [header = "", firstPath = "", secondPath = ""] = fields.slice(at, at + 3);
    const [, oldMode = "", newMode = "", oldId = "", newId = "", status = ""] = entry.exec(header) ?? [];
    if (status === "") throw new Error(`not a line of git diff-tree: ${JSON.stringify(header)}`);
    const renamed = status === "R";
    const change = changeOf(status, oldId === newId);
    const paths = renamed ? { path: secondPath, oldPath: firstPath } : { path: firstPath, oldPath: null };
    changes.push({ ...paths, change, typeChanged: status === "T", oldMode, newMode, oldId, newId });
    at += renamed ? 3 : 2;
  }
  return changes;
}

function changeOf(status: string, sameContent: boolean): FileDiff["change"] {
  if (status === "A") return "added";
  if (status === "D") return "deleted";
  if (status === "R") return "renamed";
  return status === "M" && sameContent ? "mode_changed" : "modified";
}
