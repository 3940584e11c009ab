/** Finds the line of an offset, in a text whose lines end with a line feed. */
import type { Spot } from "./rule.ts";

export class LineIndex {
  readonly #text: string;
  /** Offset at which each line starts. */
  readonly #starts: number[] = [0];

  constructor(text: string) {
    this.#text = text;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  /** First and last line of a spot, from 1. A spot that ends with its line break ends on the line it breaks. */
  linesOf({ start, end }: Spot): { readonly startLine: number; readonly line: number } {
    return { startLine: this.#lineOf(start), line: this.#lineOf(Math.max(start, end - 1)) };
  }

  /** The text from the start of one line to the end of another, without its line break. */
  replaceWithin(startLine: number, line: number, edit: Spot & { readonly text: string }): string {
    const from = this.#starts[startLine - 1] ?? 0;
    const to = (this.#starts[line] ?? this.#text.length + 1) - 1;
    return this.#text.slice(from, edit.start) + edit.text + this.#text.slice(edit.end, to);
  }

  #lineOf(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }
}
