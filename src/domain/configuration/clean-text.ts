/** Text that a model is to follow, with nothing in it that a person who reads it does not see. */

/** Control and formatting characters, and all that is shown as nothing or as a blank. */
const unseen = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;

export function cleanText(text: string): string {
  const lines = text.toWellFormed().replace(/\r\n?/g, "\n");
  return lines.replace(unseen, (character) => (character === "\n" || character === "\t" ? character : ""));
}
