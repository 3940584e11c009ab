/**
 * Fences for what comes from a pull request. Their name is made of the content's own hash, so that no content can hold
 * what ends its fence, whoever wrote it, and the same content gives the same prompt again.
 */

/** Letters of the hash: 112 bits, more than anybody can find a content for that names itself. */
const nameLength = 28;

/** @param kind what it is, in our words */
export function fence(kind: string, content: string): string {
  const name = `data-${nameOf(kind, content)}`;
  return `<${name} kind="${kind}">\n${content}\n</${name}>`;
}

/** In letters alone: what a fence costs is the same for every content. */
function nameOf(kind: string, content: string): string {
  const digest = new Bun.CryptoHasher("sha256").update(`${kind}\0${content}`).digest("hex");
  return digest
    .slice(0, nameLength)
    .replace(/./g, (digit) => "abcdefghijklmnop"[Number.parseInt(digit, 16)] ?? "");
}
