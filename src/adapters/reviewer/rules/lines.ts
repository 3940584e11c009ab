/** Lines of a byte stream, as they arrive. */

/**
 * Text without its line break; what follows the last break is not a whole line and is dropped. Ends early at a line
 * longer than `maxLength` (UTF-16 units), so that a writer without line breaks cannot fill the reader's memory.
 */
export async function* lines(
  stream: ReadableStream<Uint8Array>,
  maxLength = Number.POSITIVE_INFINITY,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const [first = "", ...rest] = decoder.decode(chunk, { stream: true }).split("\n");
    parts.push(first);
    length += first.length;
    for (const piece of rest) {
      yield parts.join("");
      parts = [piece];
      length = piece.length;
    }
    if (length > maxLength) return;
  }
}
