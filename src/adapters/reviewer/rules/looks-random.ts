/** Tells a generated secret from a placeholder, an example and a word. Pure; prefers to miss one over a false alarm. */

/** The last of them begins the token in the examples of GitHub's documentation. */
const placeholder =
  /example|sample|change_?me|your|dummy|fake|mock|placeholder|redacted|xxxx|\*\*\*|\.\.\.|0000000|1234567|abcdef|deadbeef|qwerty|test|todo|foobar|[<>{}$%\s]|16C7e42F292c69/i;

/** Bits a character a value must carry: 16 random hex digits have about 3.2, English words in one token less. */
const minEntropyBits = 3;

export function looksRandom(value: string): boolean {
  return (
    value.length >= 16 &&
    !placeholder.test(value) &&
    entropyBits(value) >= minEntropyBits &&
    !isCounting(value)
  );
}

/** A password a person made up to be strong: letters, digits and a sign, and no word for what it is. */
export function looksLikePassword(value: string): boolean {
  return (
    value.length >= 10 &&
    !placeholder.test(value) &&
    !/passw|secret|admin|root|user|login|token|https?:|^[./@#]|[()[\],;]/i.test(value) &&
    [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9_-]/].every((kind) => kind.test(value))
  );
}

/** Shannon entropy of the characters. */
function entropyBits(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce(
    (sum, count) => sum - (count / value.length) * Math.log2(count / value.length),
    0,
  );
}

/** `abcdefgh`, `13579`: each character follows from the one before. */
function isCounting(value: string): boolean {
  let steps = 0;
  for (let at = 1; at < value.length; at++) {
    const step = value.charCodeAt(at) - value.charCodeAt(at - 1);
    if (step >= 0 && step <= 2) steps++;
  }
  return steps > value.length / 2;
}
