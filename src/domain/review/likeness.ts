/** How much two sentences say the same, by the words they share. */

/** Words that say nothing about a problem. */
const fillers = new Set(
  "the and for with this that are was has have can may will from into its when here".split(" "),
);

/** 0: no word in common, 1: the same words in whatever order and form. */
export function likeness(a: string, b: string): number {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  if (left.size === 0 || right.size === 0) return 0;
  const shared = [...left].filter((word) => right.has(word)).length;
  return (2 * shared) / (left.size + right.size);
}

/** True when one word of the first is among the second's. */
export function sharesWord(a: string, b: string): boolean {
  const right = wordsOf(b);
  return [...wordsOf(a)].some((word) => right.has(word));
}

/** Words alone: a reviewer that writes prose varies case, punctuation and numbers from run to run. */
export function plainWords(prose: string): string {
  return prose
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}]+/gu, " ")
    .trim();
}

function wordsOf(prose: string): ReadonlySet<string> {
  const words = plainWords(prose)
    .split(" ")
    .filter((word) => word.length > 2 && !fillers.has(word));
  return new Set(words.map(stem));
}

/** Crude, and the same for both sides. */
function stem(word: string): string {
  const short = word.replace(/(ing|ed|es|s|e)$/, "");
  return short.length < 3 ? word : short;
}
