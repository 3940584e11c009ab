/** Turns one file of a diff into the jobs the parser process gets. Pure. */
import { addedLines, type FileDiff } from "../../git/diff.ts";
import { baseText, withoutReturn } from "./base-text.ts";
import type { LineRange, TextJob, TreeJob } from "./job.ts";
import type { Language } from "./language.ts";

export function textJob(file: FileDiff): TextJob {
  const lines = file.hunks.flatMap((hunk) =>
    hunk.lines.flatMap((line) =>
      line.kind === "added" ? [{ line: line.newLine, text: withoutReturn(line.text) }] : [],
    ),
  );
  return { kind: "text", path: file.path, lines };
}

export function treeJob(file: FileDiff, language: Language, text: string): TreeJob {
  return {
    kind: "tree",
    path: file.path,
    language,
    text,
    base: baseText(file, text),
    isNew: file.change === "added",
    added: lineRanges(addedLines(file)),
  };
}

function lineRanges(lines: Iterable<number>): LineRange[] {
  const ranges: [number, number][] = [];
  for (const line of [...lines].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] + 1 === line) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges;
}
