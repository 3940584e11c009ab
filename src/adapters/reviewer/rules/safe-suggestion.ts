/** Whether text may be offered as a one-click commit. */

/** Control, format, bidirectional, private-use, surrogate and replacement characters: none is seen when reviewed. */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Variation_Selector}\u2028\u2029\u115F\u1160\u3164\uFFA0\uFFFD]/u;

/** False also for carriage returns: what a forge does with them in a suggestion is not defined. */
export function isSafeSuggestion(text: string): boolean {
  return text !== "" && !unseen.test(text.replaceAll("\n", "").replaceAll("\t", ""));
}
