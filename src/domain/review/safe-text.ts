/** Text that came from a pull request or a model, made visible: nothing hidden in it, no known secret, no marker. */
import { breakMarkers } from "./marker.ts";

/** Control, bidirectional, zero-width and other blank characters, which show one thing and say another. */
const invisible = /[\p{Cc}\p{Cf}\u115F\u1160\u2800\u3164\uFFA0]/u;
const invisibleOrLineEnd = new RegExp(invisible, "gu");

/** Formats of credentials that are known by their look. What a finding is about is said by its line, not its value. */
const secrets: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bgh[pousr]_[A-Za-z0-9_.-]{20,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\bglpat-[A-Za-z0-9_-]{20,}/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g,
  /\bsk-[A-Za-z0-9_-]{20,}/g,
  /\bAIza[A-Za-z0-9_-]{35}/g,
  /\bnpm_[A-Za-z0-9]{36}\b/g,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+/g,
  /(?<=:\/\/[^\s/:@]{0,100}:)[^\s/@]{3,200}(?=@)/g,
];

/** Fit to be shown: well-formed, hidden characters written out as [U+202E], secrets and marker look-alikes cut out. */
export function safeText(text: string): string {
  const lines = text.toWellFormed().replace(/\r\n?/g, "\n");
  const shown = lines.replace(invisibleOrLineEnd, (character) =>
    character === "\n" || character === "\t" ? character : codePoint(character),
  );
  return breakMarkers(withoutSecrets(shown));
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

function withoutSecrets(text: string): string {
  return secrets.reduce((kept, secret) => kept.replace(secret, "[secret removed]"), text);
}

function codePoint(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `[U+${hex}]`;
}
