/** REVIEW.md as the model is given it: without what nobody sees, and no longer than a prompt can bear. */
import { cleanText } from "./clean-text.ts";

/** Characters. */
const maxLength = 10_000;
const cutNote = `\n\n[Cut here: only the first ${maxLength} characters of this file are used.]`;

/** Null: there is nothing in it. */
export function cleanGuidance(bytes: Uint8Array): string | null {
  const text = cleanText(new TextDecoder().decode(bytes)).trim();
  if (text === "") return null;
  const characters = [...text.slice(0, 2 * maxLength)];
  return characters.length > maxLength || text.length > 2 * maxLength
    ? characters.slice(0, maxLength).join("") + cutNote
    : text;
}
