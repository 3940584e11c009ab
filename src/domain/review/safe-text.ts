/** Text that came from a pull request or a model, made visible: nothing hidden in it, no known secret, no marker. */
import { maskSecrets } from "../../adapters/reviewer/mask-secrets.ts";
import { breakMarkers } from "./marker.ts";

/** Control, bidirectional, zero-width and other blank characters, which show one thing and say another. */
const invisible = /[\p{Cc}\p{Cf}\u115F\u1160\u2800\u3164\uFFA0]/u;
const invisibleOrLineEnd = new RegExp(invisible, "gu");

/** Fit to be shown: well-formed, hidden characters written out as [U+202E], secrets and marker look-alikes cut out. */
export function safeText(text: string): string {
  const lines = text.toWellFormed().replace(/\r\n?/g, "\n");
  const shown = maskSecrets(writeOut(lines, codePoint));
  // Hidden characters may be there to keep a secret from being known as one.
  const bare = writeOut(lines, () => "");
  const isHidden = bare !== lines && maskSecrets(bare) !== bare;
  return breakMarkers(isHidden ? maskSecrets(bare) : shown);
}

/** True when text can go out exactly as it is, as a suggestion must. */
export function isSafeVerbatim(text: string): boolean {
  return safeText(text) === text.replace(/\r\n?/g, "\n");
}

/** At most so many characters, cut before a surrogate pair rather than through it. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const cut = text.slice(0, Math.max(0, maxLength));
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}

function writeOut(text: string, write: (character: string) => string): string {
  return text.replace(invisibleOrLineEnd, (character) =>
    character === "\n" || character === "\t" ? character : write(character),
  );
}

function codePoint(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `[U+${hex}]`;
}
