/** The name that somebody may have meant who wrote one that is not there. */
import { closest, distance } from "fastest-levenshtein";

/** A name further away than this was meant otherwise. */
const maxTypos = 3;

/** What a message about the name ends with; nothing where no known name is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const meant = findNear(name, known);
  return meant === null ? "" : `; did you mean "${meant}"?`;
}

/** Null: none is near. */
export function findNear(name: string, known: readonly string[]): string | null {
  const meant = closest(name, known as string[]);
  return distance(name, meant) <= maxTypos ? meant : null;
}
