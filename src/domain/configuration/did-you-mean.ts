/** The name that somebody may have meant who wrote one that is not there. */
import { closest, distance } from "fastest-levenshtein";

/** A name further away than this was meant otherwise; a short one where more than half of it is another. */
const maxTypos = 3;

/** What a message about the name ends with; nothing where no known name is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const meant = findNear(name, known);
  return meant === null ? "" : `; did you mean "${meant}"?`;
}

/** Null: none is near. */
export function findNear(name: string, known: readonly string[]): string | null {
  const meant = closest(name, known as string[]);
  const typos = distance(name, meant);
  return typos <= maxTypos && typos <= Math.max(name.length, meant.length) / 2 ? meant : null;
}
