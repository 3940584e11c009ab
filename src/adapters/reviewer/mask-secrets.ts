/** Cuts credentials out of text that leaves us: what is said about one is said by its line, not by its value. */
import { secretRules } from "./rules/packs/secrets.ts";
import { tokenRules } from "./rules/packs/tokens.ts";

/** Looser than the rules' forms, which must not take an example for a secret. Here that costs nothing. */
const tokenForms: readonly RegExp[] = [
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bgh[pousr]_[A-Za-z0-9_.-]{20,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\bglpat-[A-Za-z0-9_-]{20,}/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g,
  /\bsk-[A-Za-z0-9_-]{20,}/g,
  /\bAIza[A-Za-z0-9_-]{35}/g,
  /\bnpm_[A-Za-z0-9]{36}\b/g,
  /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+/g,
  /(?<=:\/\/[^\s/:@]{0,100}:)[^\s/@]{3,200}(?=@)/g,
];

const proseForms = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  ...tokenForms,
];

/** Of a private key only what can be one: whoever writes its first line must not hide code behind it. */
const lineForms = [
  /(?<=-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)(?:\\[nr]|[A-Za-z0-9+/=]){16,}/g,
  ...tokenForms,
];

/** A line of nothing else, as the lines of a key are. */
const keyLine = /^([\s"'`+]*)([A-Za-z0-9+/]{48,}={0,2})((?:\\[nr])*[\s"'`+,;\\)]*)$/;

export const secretMask = "[secret removed]";
/** A word that may be a secret: letters and digits, or nothing a person would write in one. */
const mayBeSecret = /(?=[^\s"'`,;()<>]*\d)(?=[^\s"'`,;()<>]*[A-Za-z])[^\s"'`,;()<>]{8,}|[^\s"'`,;()<>]{24,}/g;
/** Words of a line that are tried one by one. */
const maxTried = 20;

const rules = [...tokenRules, ...secretRules];

/** No rule about secrets finds anything in what comes back. */
export function maskSecrets(text: string): string {
  const masked = proseForms.reduce((kept, form) => kept.replace(form, secretMask), text);
  const lines = masked.split("\n");
  return lines.map((line, at) => (hasSecret(line, lines[at + 1]) ? maskWords(line) : line)).join("\n");
}

/** Of a line of code, which stays code: what is put in when it runs is no secret, and no more goes than has to. */
export function maskLine(line: string): string {
  const masked = lineForms.reduce(
    (kept, form) => kept.replace(form, (found) => (/[${}<>%]/.test(found) ? found : secretMask)),
    line.replace(keyLine, (all, before, key, after) => (isMixed(key) ? before + secretMask + after : all)),
  );
  if (!hasSecret(masked, undefined)) return masked;
  const words = [...masked.matchAll(mayBeSecret)].slice(0, maxTried);
  const without = words.map(
    ({ 0: word, index }) => masked.slice(0, index) + secretMask + masked.slice(index + word.length),
  );
  return without.find((one) => !hasSecret(one, undefined)) ?? maskWords(masked);
}

function isMixed(key: string): boolean {
  return /[0-9]/.test(key) && /[a-z]/.test(key) && /[A-Z]/.test(key);
}

function maskWords(line: string): string {
  const masked = line.replace(mayBeSecret, secretMask);
  return hasSecret(masked, undefined) ? secretMask : masked;
}

function hasSecret(line: string, next: string | undefined): boolean {
  return rules.some(({ find }) => find(line, { path: "", next: next ?? null, above: () => [] }));
}
