/** Thrown where a command comes again later by itself, though nothing went wrong. */
export class TooSoon extends Error {
  override readonly name = "TooSoon";
  readonly delayMs: number;

  constructor(delayMs: number) {
    super(`to be done in ${delayMs} ms`);
    this.delayMs = delayMs;
  }
}
