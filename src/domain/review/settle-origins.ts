/** What became of findings said before that nobody reported this time: they are gone, or they stay open. */
import type { Origin } from "../../adapters/postgres/findings.ts";
import type { NamedReview } from "./coverage.ts";
import { readAnchor } from "./fingerprint.ts";
import { createLocator, type FoundAgain, type Place, whereItWas } from "./locate-origins.ts";
import type { Renames } from "./match-origins.ts";
import { type ReadBefore, readPaths } from "./reviewed-lines.ts";
import type { ShownFiles } from "./shown-lines.ts";

export type Settled =
  | {
      readonly kind: "gone";
      readonly origin: Origin;
      /** Its text is not in the pull request any more; or it is, and whoever reported it does not do so again. */
      readonly why: "lines_gone" | "no_longer_found";
    }
  | {
      readonly kind: "carried";
      readonly origin: Origin;
      /**
       * Not everybody who reported it read the file this time; or a language model left it out although nothing in the
       * file changed, which says more about the model than about the file.
       */
      readonly why: "not_read" | "unchanged";
      /** Where its text is now; null: it is not shown. */
      readonly at: Place | null;
    };

export interface Surroundings {
  readonly shownFiles: ShownFiles;
  readonly renames: Renames;
  readonly reviews: readonly NamedReview[];
  readonly readBefore: ReadBefore;
  readonly foundAgain: readonly FoundAgain[];
}

export function settleOrigins(origins: readonly Origin[], around: Surroundings): readonly Settled[] {
  if (origins.length === 0) return [];
  const { shownFiles, renames, foundAgain } = around;
  const locate = createLocator(shownFiles, renames, foundAgain);
  const readers = new Map(around.reviews.map((named) => [named.reviewer, readPaths(named.review)]));
  return origins.map((origin) => {
    const found = locate(origin);
    const { path } = found ?? whereItWas(origin, shownFiles, renames);
    const isShown = readAnchor(origin.anchor).lines.length > 0;
    const file = shownFiles.get(path)?.file;
    const hasNoLines = !file || file.change === "deleted";
    if (isShown && !found && hasNoLines) return { kind: "gone", origin, why: "lines_gone" };
    const isRead = origin.reportedBy.every((reviewer) => {
      const read = readers.get(reviewer);
      return read !== undefined && (hasNoLines || read.has(path));
    });
    if (!isRead) return { kind: "carried", origin, why: "not_read", at: found };
    if (isShown && !found) return { kind: "gone", origin, why: "lines_gone" };
    const isGuess = origin.reportedBy[0] !== "rules";
    const isUnchanged = isGuess && around.readBefore.isFileUnchanged(path, origin.reportedBy);
    if (isUnchanged) return { kind: "carried", origin, why: "unchanged", at: found };
    return { kind: "gone", origin, why: "no_longer_found" };
  });
}
