/** Text from a repository, made safe to show on a terminal. */

/**
 * One line in which everything that is not seen is written out as `\u{…}`: control characters and escape
 * sequences, line breaks, direction overrides, zero-width characters.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** The lines of a text, each printable; tabs become four spaces. */
export function printableLines(text: string): readonly string[] {
  return text.split(/\r?\n/).map((line) => printable(line.replaceAll("\t", "    ")));
}
