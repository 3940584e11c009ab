/** fakehub's own time: the machine's, plus what a test has advanced it by. Tokens, limits and timestamps follow it. */
export class Clock {
  #offsetMs = 0;

  nowMs(): number {
    return Date.now() + this.#offsetMs;
  }

  /** RFC 3339 without fractions, as GitHub prints times. */
  now(): string {
    return this.format(this.nowMs());
  }

  format(timeMs: number): string {
    return new Date(timeMs).toISOString().replace(/\.\d+Z$/, "Z");
  }

  advance(ms: number): void {
    this.#offsetMs += ms;
  }
}
