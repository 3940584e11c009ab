/** The lines of one file's patch with the numbers GitHub gives them; only these can be commented on. */
import type { Side } from "../state.ts";

export interface PatchLine {
  readonly hunk: number;
  /** Lines down from the file's first `@@`, counting later `@@` lines too. */
  readonly position: number;
  readonly oldLine: number | null;
  readonly newLine: number | null;
  readonly text: string;
}

export function parsePatch(patch: string): PatchLine[] {
  const lines: PatchLine[] = [];
  let hunk = -1;
  let oldLine = 0;
  let newLine = 0;
  for (const [position, text] of patch.split("\n").entries()) {
    const header = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(text);
    if (header) {
      hunk += 1;
      oldLine = Number(header[1]);
      newLine = Number(header[2]);
      continue;
    }
    const mark = text.charAt(0);
    if (mark === "\\") continue;
    const isOld = mark !== "+";
    const isNew = mark !== "-";
    lines.push({ hunk, position, oldLine: isOld ? oldLine : null, newLine: isNew ? newLine : null, text });
    if (isOld) oldLine += 1;
    if (isNew) newLine += 1;
  }
  return lines;
}

export function findLine(lines: readonly PatchLine[], side: Side, line: number): PatchLine | null {
  return lines.find((l) => (side === "RIGHT" ? l.newLine : l.oldLine) === line) ?? null;
}

/** The hunk's header and its lines down to the one commented on. */
export function diffHunk(patch: string, position: number): string {
  const lines = patch.split("\n");
  let start = position;
  while (start > 0 && !lines[start]?.startsWith("@@ ")) start -= 1;
  return lines.slice(start, position + 1).join("\n");
}
