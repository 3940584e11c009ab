/** Cuts credentials out of text: what a finding is about is said by its line, not by its value. */
import { secretRules } from "../../adapters/reviewer/rules/packs/secrets.ts";
import { tokenRules } from "../../adapters/reviewer/rules/packs/tokens.ts";

/** Looser than the rules' forms, which must not take an example for a secret. Here that costs nothing. */
const forms: readonly RegExp[] = [
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

const mask = "[secret removed]";
/** A word that may be a secret: letters and digits, or nothing a person would write in one. */
const mayBeSecret = /(?=[^\s"'`,;()<>]*\d)(?=[^\s"'`,;()<>]*[A-Za-z])[^\s"'`,;()<>]{8,}|[^\s"'`,;()<>]{24,}/g;

const rules = [...tokenRules, ...secretRules];

/** No rule about secrets finds anything in what comes back. */
export function maskSecrets(text: string): string {
  const masked = forms.reduce((kept, form) => kept.replace(form, mask), text);
  const lines = masked.split("\n");
  return lines.map((line, at) => (hasSecret(line, lines[at + 1]) ? maskLine(line) : line)).join("\n");
}

function maskLine(line: string): string {
  const masked = line.replace(mayBeSecret, mask);
  return hasSecret(masked, undefined) ? mask : masked;
}

function hasSecret(line: string, next: string | undefined): boolean {
  return rules.some(({ find }) => find(line, { path: "", next: next ?? null, above: () => [] }));
}
