/** Text as the model sees it: what is invisible, or would begin a line of its own, is written out. */

/**
 * Format characters among it hide instructions (tags of U+E0000) or reverse what is read. A tab stays, and a carriage
 * return at the end of the line, which says nothing, is left out.
 */
const hidden = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Co}|\p{Variation_Selector}/gu;

/** One line of code or prose. */
export function visibleLine(text: string): string {
  return text
    .replace(/\r$/, "")
    .toWellFormed()
    .replace(hidden, (character) =>
      character === "\t" ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
    );
}

/** Several lines of prose. */
export function visibleText(text: string): string {
  return text
    .split(/\r\n|\n|\r/)
    .map(visibleLine)
    .join("\n");
}
