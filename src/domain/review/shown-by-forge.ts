/** Which files of a large pull request the forge itself still shows: only there can a line be commented. */
import type { FileDiff } from "../../adapters/git/diff.ts";

/** GitHub's limits for one diff; of files beyond them it has no patch. */
const maxFiles = 300;
const maxLines = 20_000;

/** The files, in the diff's order, before the first one that would pass a limit. */
export function shownByForge(files: readonly FileDiff[]): readonly FileDiff[] {
  let lines = 0;
  const firstHidden = files.findIndex(({ hunks }, i) => {
    for (const hunk of hunks) lines += hunk.lines.length;
    return i >= maxFiles || lines > maxLines;
  });
  return firstHidden < 0 ? files : files.slice(0, firstHidden);
}
