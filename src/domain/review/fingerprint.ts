/**
 * What makes two findings the same across pushes, never line numbers: the fingerprint is what is said about which text
 * in which file; the anchor is the text alone, which stays when code moves to another file or the words vary.
 */
import { createHash } from "node:crypto";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import { plainWords } from "./likeness.ts";
import { hashLine, isTelling, nearestTelling, positionsWithin, type ShownFile } from "./shown-lines.ts";

export interface Identity {
  /** 64 hex digits. Equal for findings of one kind on equal lines of one file: callers count occurrences. */
  readonly fingerprint: string;
  /** As writeAnchor makes it. */
  readonly anchor: string;
}

export interface Anchor {
  /** Hashes of the lines it is about that hold a word, in order; empty where the diff does not show them. */
  readonly lines: readonly string[];
  /** Hashes of the nearest such lines around them, by which equal lines are told apart; empty where unknown. */
  readonly before: string;
  readonly after: string;
}

/** Of a longer range the first lines suffice. */
const maxAnchorLines = 50;

/** @param shown the finding's file in the diff; undefined when the finding is about a file outside of it */
export function identify(finding: Finding, shown: ShownFile | undefined): Identity {
  const { from, to } = shown ? positionsWithin(shown, finding) : { from: 0, to: 0 };
  const texts = shown?.lines.slice(from, to).map(({ text }) => text) ?? [];
  const parts = [saidIn(finding), finding.path, ...texts];
  const fingerprint = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return { fingerprint, anchor: shown ? anchorAt(shown, from, to) : writeAnchor(nowhere) };
}

/** What is said, for rules by their name: their wording may change. */
export function saidIn({ ruleId, title }: Pick<Finding, "ruleId" | "title">): string {
  return ruleId === null ? `says ${plainWords(title)}` : `rule ${ruleId}`;
}

const nowhere: Anchor = { lines: [], before: "", after: "" };

function anchorAt(shown: ShownFile, from: number, to: number): string {
  const within = shown.lines.slice(from, to);
  if (within.length === 0) return writeAnchor(nowhere);
  const [above, below] = [nearestTelling(shown, from, -1), nearestTelling(shown, to - 1, 1)];
  const telling = within.filter(isTelling);
  const kept = (telling.length > 0 ? telling : within).slice(0, maxAnchorLines);
  return writeAnchor({
    lines: kept.map(({ text }) => hashLine(text)),
    before: above ? hashLine(above.text) : "",
    after: below ? hashLine(below.text) : "",
  });
}

function writeAnchor({ lines, before, after }: Anchor): string {
  return [before, lines.join("."), after].join("|");
}

export function readAnchor(anchor: string): Anchor {
  const [before = "", lines = "", after = ""] = anchor.split("|");
  return { before, lines: lines === "" ? [] : lines.split("."), after };
}
