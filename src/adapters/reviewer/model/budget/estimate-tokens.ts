/**
 * How many tokens a text has at most, near enough, for any provider's model: none but OpenAI publishes its tokenizer.
 * What is estimated of two texts adds up to what is estimated of both together where a line break is between them.
 *
 * Against the larger count of o200k and cl100k: 1.2 to 1.8 times as many for code in eight languages, SQL, YAML and
 * Markdown (500 files, median 1.6), 0.9 for base64, 1.0 for lock files and punctuation, 1.1 to 2.1 for emoji, Arabic,
 * Chinese and rare scripts. The package tokenx is closer for code (1.0), but says 0.25 for base64 and 0.1 for scripts
 * that are rare.
 */

/** A word this long is none: tokens of keys, hashes and encoded data are short. */
const longestWord = 20;

export function estimateTokens(text: string): number {
  return measure(text, Number.POSITIVE_INFINITY).tokens;
}

const cutNote = "\n[the rest was cut]";

/** As much of a text from its start as this many tokens take, with a note where it was cut. */
export function cutToTokens(text: string, tokens: number): string {
  if (estimateTokens(text) <= tokens) return text;
  const room = tokens - estimateTokens(cutNote);
  return room <= 0 ? "" : text.slice(0, measure(text, room).length).toWellFormed() + cutNote;
}

/** Tokens of the text, or of as much of it as stays within the limit. */
function measure(text: string, limit: number): { readonly tokens: number; readonly length: number } {
  let tokens = 0;
  let word = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    word = isLetter(unit) || isDigit(unit) ? word + 1 : 0;
    const next = tokens + (word > longestWord ? 0.85 : weigh(unit));
    if (next > limit) return { tokens, length: at };
    tokens = next;
  }
  return { tokens, length: text.length };
}

function weigh(unit: number): number {
  if (unit > 0x7f) return unit < 0x700 || (unit >= 0x3000 && unit < 0xe000) ? 1.5 : 3;
  return isLetter(unit) || unit === 0x20 ? 1 / 3 : 2 / 3;
}

function isLetter(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}
