/**
 * Reads what `git diff-tree --patch` prints, line by line. Hunks are followed by their counted lines, so no
 * content can pass for a header; paths are not read here, the order of the sections says whose they are.
 */
import type { Hunk, HunkLine } from "./diff.ts";

/** What is kept of one patch; a file that would go over it is left out, smaller ones after it are not. */
export interface PatchLimits {
  readonly maxLines: number;
  readonly maxBytes: number;
}

export interface PatchSection {
  /** git found NUL bytes, or a file too large to load. */
  readonly binary: boolean;
  readonly tooLarge: boolean;
  readonly hunks: readonly Hunk[];
}

export interface PatchParser {
  /** @param line without its line feed */
  readonly take: (line: Uint8Array) => void;
  readonly end: () => readonly PatchSection[];
}

interface OpenSection {
  binary: boolean;
  tooLarge: boolean;
  hunks: Hunk[];
  lines: number;
  bytes: number;
}

interface OpenHunk {
  oldLine: number;
  newLine: number;
  oldLeft: number;
  newLeft: number;
  readonly lines: HunkLine[];
}

const hunkHeader = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function createPatchParser(limits: PatchLimits): PatchParser {
  const sections: OpenSection[] = [];
  const kept = { lines: 0, bytes: 0 };
  let hunk: OpenHunk | null = null;

  const openSection = () => {
    sections.push({ binary: false, tooLarge: false, hunks: [], lines: 0, bytes: 0 });
  };
  const openHunk = (section: OpenSection, header: RegExpExecArray) => {
    const [oldStart = 0, oldLines = 1, newStart = 0, newLines = 1] = header
      .slice(1)
      .map((text) => (text === undefined ? 1 : Number(text)));
    const lines: HunkLine[] = [];
    hunk = { oldLine: oldStart, newLine: newStart, oldLeft: oldLines, newLeft: newLines, lines };
    if (!section.tooLarge) section.hunks.push({ oldStart, oldLines, newStart, newLines, lines });
  };
  const takeContent = (section: OpenSection, open: OpenHunk, line: Uint8Array) => {
    section.lines += 1;
    section.bytes += line.length;
    const over = kept.lines + section.lines > limits.maxLines || kept.bytes + section.bytes > limits.maxBytes;
    if (over && !section.tooLarge) {
      section.tooLarge = true;
      section.hunks = [];
    }
    advance(open, line, section.tooLarge);
  };
  const takeHeader = (line: Uint8Array) => {
    const text = decoder.decode(line.subarray(0, 256));
    if (text.startsWith("diff --git ")) {
      keep(kept, sections.at(-1));
      return openSection();
    }
    const section = sections.at(-1);
    if (!section) throw new Error(`not a patch of git: ${JSON.stringify(text)}`);
    const header = hunkHeader.exec(text);
    if (header) openHunk(section, header);
    else if (text.startsWith("Binary files ")) section.binary = true;
  };

  return {
    take: (line) => {
      const section = sections.at(-1);
      // "\ No newline at end of file" is counted with neither side.
      if (line[0] === 0x5c) return;
      if (section && hunk && hunk.oldLeft + hunk.newLeft > 0) takeContent(section, hunk, line);
      else takeHeader(line);
    },
    end: () => sections,
  };
}

/** A left-out file's lines do not count. */
function keep(kept: { lines: number; bytes: number }, section: OpenSection | undefined): void {
  if (!section || section.tooLarge) return;
  kept.lines += section.lines;
  kept.bytes += section.bytes;
}

function advance(hunk: OpenHunk, line: Uint8Array, countOnly: boolean): void {
  const kind = lineKind(line);
  const { oldLine, newLine } = hunk;
  if (kind !== "added") {
    hunk.oldLine += 1;
    hunk.oldLeft -= 1;
  }
  if (kind !== "deleted") {
    hunk.newLine += 1;
    hunk.newLeft -= 1;
  }
  if (countOnly) return;
  const text = decoder.decode(line.subarray(1));
  if (kind === "added") hunk.lines.push({ kind, newLine, text });
  else if (kind === "deleted") hunk.lines.push({ kind, oldLine, text });
  else hunk.lines.push({ kind, oldLine, newLine, text });
}

function lineKind(line: Uint8Array): HunkLine["kind"] {
  if (line[0] === 0x2b) return "added";
  if (line[0] === 0x2d) return "deleted";
  if (line[0] === 0x20) return "context";
  throw new Error(`not a line of a hunk: ${JSON.stringify(decoder.decode(line.subarray(0, 80)))}`);
}
