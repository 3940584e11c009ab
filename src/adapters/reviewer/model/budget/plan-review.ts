/** Decides what of a diff the model is asked about, in which parts, and what is left out with which reason. */

import { ReviewdError } from "../../../../errors.ts";
import type { FileDiff } from "../../../git/diff.ts";
import type { NotReviewed, NotReviewedReason, ReviewInput } from "../../reviewer.ts";
import { cutSections } from "./cut-sections.ts";
import { fileKind, isLeftOut, rankOf } from "./file-kind.ts";
import { isMarkedGenerated } from "./is-marked-generated.ts";
import { createPacker, type Room } from "./pack-parts.ts";
import type { Part } from "./part.ts";

export interface Plan {
  readonly parts: readonly Part[];
  /** Files that are to be read, with the number of their changed lines; what is in no part is over the budget. */
  readonly planned: readonly { readonly path: string; readonly changed: number }[];
  /** Files of which nothing is to be read, but for those over the budget. */
  readonly leftOut: readonly NotReviewed[];
}

type PlanInput = Pick<ReviewInput, "files" | "readFile" | "isExcluded" | "signal">;

/** @throws ReviewdError unavailable when a file cannot be read; the signal's reason */
export async function planReview(input: PlanInput, room: Room): Promise<Plan> {
  const packer = createPacker(room);
  const planned: Plan["planned"][number][] = [];
  const leftOut: NotReviewed[] = [];
  for (const { file, verdict } of inOrder(input)) {
    if (typeof verdict === "string") {
      leftOut.push({ path: file.path, reason: verdict });
      continue;
    }
    input.signal.throwIfAborted();
    const lines = packer.isFull() ? null : await readLines(input, file.path);
    if (lines && isMarkedGenerated(file, lines)) {
      leftOut.push({ path: file.path, reason: "generated" });
      continue;
    }
    planned.push({ path: file.path, changed: countChangedLines(file) });
    if (packer.isFull()) continue;
    for (const section of cutSections(file, { lines, room: packer.roomFor(file) })) packer.add(file, section);
  }
  return { parts: packer.parts(), planned, leftOut };
}

interface Judged {
  readonly file: FileDiff;
  readonly verdict: NotReviewedReason | number;
}

/** What costs most when it is wrong comes first; within that by path, so that neighbours are asked about together. */
function inOrder(input: PlanInput): readonly Judged[] {
  const judged = input.files.map((file): Judged => ({ file, verdict: judge(file, input) }));
  const soon = ({ verdict }: Judged) => (typeof verdict === "number" ? verdict : -1);
  return judged.sort((a, b) => soon(a) - soon(b) || (a.file.path < b.file.path ? -1 : 1));
}

/** Why it is left out, or how soon it is read. */
function judge(file: FileDiff, { isExcluded }: PlanInput): NotReviewedReason | number {
  if (file.change === "deleted") return "deleted";
  if (file.omitted !== null) return file.omitted;
  if (file.binary) return "binary";
  if (file.hunks.length === 0) return "no_changed_lines";
  if (isExcluded(file.path)) return "excluded";
  const kind = fileKind(file.path);
  return isLeftOut(kind) ? kind : rankOf(kind);
}

/** Null where it is not there or too large: the hunks are read without what surrounds them. */
async function readLines({ readFile }: PlanInput, path: string): Promise<readonly string[] | null> {
  try {
    const bytes = await readFile(path);
    return bytes && new TextDecoder().decode(bytes).split("\n");
  } catch (error) {
    if (error instanceof ReviewdError && error.code === "invalid_input") return null;
    throw error;
  }
}

function countChangedLines({ hunks }: FileDiff): number {
  return hunks.reduce((sum, { lines }) => sum + lines.filter(({ kind }) => kind !== "context").length, 0);
}
