/** A pull request's diff as plain values: what changed in each file, line by line. */

export interface FileDiff {
  /** Path at the head; of a deleted file, the path it had. */
  readonly path: string;
  /** Path at the base, where it differs. */
  readonly oldPath: string | null;
  readonly change: "added" | "modified" | "deleted" | "renamed" | "mode_changed";
  /** The content could not be shown as lines (it holds NUL bytes); then there are no hunks. */
  readonly binary: boolean;
  /**
   * Why there are no hunks although there is a change that is no binary one. Null where the hunks tell all of it.
   * A symbolic link's content is where it points, a submodule's the commit: neither is source to be read.
   */
  readonly omitted: "too_large" | "symlink" | "submodule" | null;
  readonly hunks: readonly Hunk[];
}

export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  readonly lines: readonly HunkLine[];
}

export type HunkLine =
  | { readonly kind: "added"; readonly newLine: number; readonly text: string }
  | { readonly kind: "deleted"; readonly oldLine: number; readonly text: string }
  | { readonly kind: "context"; readonly oldLine: number; readonly newLine: number; readonly text: string };

/** Line numbers at the head that this diff added. */
export function addedLines(file: FileDiff): ReadonlySet<number> {
  const lines = new Set<number>();
  for (const hunk of file.hunks)
    for (const line of hunk.lines) if (line.kind === "added") lines.add(line.newLine);
  return lines;
}
