/** One line on a terminal that says how far the review is. */
import type { DiffInput } from "../../adapters/reviewer/reviewer.ts";
import { printable } from "../../printable.ts";

const clearLine = "\r\u001b[K";

/** Shows each file as the reviewer asks for it. */
export function withProgress<Input extends DiffInput>(input: Input, write: (text: string) => void): Input {
  const places = new Map(input.files.map(({ path }, index) => [path, index + 1]));
  const readFile = async (path: string) => {
    const place = places.get(path);
    if (place !== undefined)
      write(`${clearLine}reviewing ${place}/${places.size} ${printable(path).slice(0, 60)}`);
    return await input.readFile(path);
  };
  return { ...input, readFile };
}

export function endProgress(write: (text: string) => void): void {
  write(clearLine);
}
