/** A file as it was before a change, by undoing the change's hunks. Pure. */
import type { FileDiff, Hunk } from "../../git/diff.ts";

/** Null when the hunks do not fit the text: then it is not the head they were made for. */
export function baseText(file: FileDiff, headText: string): string | null {
  const head = headText.split("\n");
  if (!file.hunks.every((hunk) => fits(hunk, head))) return null;
  const parts: string[][] = [];
  let copied = 0;
  for (const hunk of file.hunks) {
    const before = hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
    parts.push(head.slice(copied, before));
    parts.push(hunk.lines.filter((line) => line.kind !== "added").map((line) => line.text));
    copied = before + hunk.newLines;
  }
  parts.push(head.slice(copied));
  return parts.flat().join("\n");
}

export function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

function fits(hunk: Hunk, head: readonly string[]): boolean {
  return hunk.lines.every(
    (line) =>
      line.kind === "deleted" || withoutReturn(head[line.newLine - 1] ?? "") === withoutReturn(line.text),
  );
}
