/** Whether the forge would take the inline comments of a range: by the rule fakehub refuses comments by. */
import type { FileDiff } from "../../src/adapters/git/diff.ts";
import { openClone } from "../../src/adapters/git/open-clone.ts";
import { readDiff } from "../../src/adapters/git/read-diff.ts";
import { maxInlineComments, placeFindings } from "../../src/domain/review/place-findings.ts";
import { placeComment } from "../../test/fakehub/acts/placement.ts";
import { type DiffFile, diffFiles } from "../../test/fakehub/git/diff-files.ts";
import { GitHubError } from "../../test/fakehub/github-error.ts";

export interface Commented {
  readonly path: string;
  readonly startLine: number;
  readonly line: number;
}

export interface PlacedComments {
  readonly inline: number;
  /** In the forge's words. */
  readonly refused: readonly string[];
}

/** What rules find lies on single added lines; these lie everywhere else, too. */
const madeUpPerFile = 20;

/** Places the findings and many made up ones, in batches so that no budget keeps any from its line. */
export async function placeInRange(
  range: { readonly directory: string; readonly base: string; readonly head: string },
  found: readonly Commented[],
): Promise<PlacedComments> {
  await using clone = await openClone(range.directory, new AbortController().signal);
  const files = await readDiff(clone.repository, range.base, range.head);
  const shown = await diffFiles(range.directory, range.base, range.head);
  const shownByPath = new Map(shown.map((file) => [file.path, file]));
  const all = [...found, ...files.flatMap(makeUp)];
  const refused: string[] = [];
  let inline = 0;
  for (let start = 0; start < all.length; start += maxInlineComments) {
    const batch = all.slice(start, start + maxInlineComments);
    for (const { finding, placement } of placeFindings(batch, files, maxInlineComments)) {
      if (placement.kind !== "inline") continue;
      inline++;
      refused.push(...refusalOf(shownByPath.get(finding.path), finding));
    }
  }
  return { inline, refused };
}

/** Around the ends of hunks and over them, one line or several; the same for the same diff. */
function makeUp({ path, hunks }: FileDiff): readonly Commented[] {
  const edges = hunks.flatMap(({ newStart, newLines }) => [newStart, newStart + newLines - 1]);
  const made = edges.flatMap((edge, at) =>
    [-1, 0, 1].map((shift) => ({
      path,
      startLine: edge + shift,
      line: edge + shift + ((at + shift + 1) % 4),
    })),
  );
  return made.filter(({ startLine }) => startLine > 0).slice(0, madeUpPerFile);
}

function refusalOf(file: DiffFile | undefined, { path, startLine, line }: Commented): readonly string[] {
  const end = { path, body: "b", line, side: "RIGHT" };
  const draft = startLine < line ? { ...end, start_line: startLine, start_side: "RIGHT" } : end;
  try {
    placeComment(file ? [file] : [], draft);
    return [];
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return [`${path}:${startLine}-${line}: ${JSON.stringify(error)}`];
  }
}
