/**
 * Gauges of what was last read from the database, on /metrics. Only the process that reads shows them: one that stands by
 * or does so again, and one whose last reading is old, shows nothing rather than zeros.
 */
import { Gauge } from "prom-client";

export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

export interface ReadingGauges<Reading> {
  /** @param active aborted when another process may read: what it tells is not to be told twice */
  readonly show: (reading: Reading, active: AbortSignal) => void;
  /** @param name without the prefix */
  readonly add: (
    name: string,
    help: string,
    samples: (reading: Reading, unixSecs: number) => readonly Sample[],
    labelNames?: readonly string[],
  ) => void;
}

interface Shown<Reading> {
  readonly reading: Reading;
  readonly active: AbortSignal;
  readonly atMs: number;
  readonly unixSecs: number;
}

/** @param shownMs how long a reading is shown */
export function createReadingGauges<Reading>(shownMs: number): ReadingGauges<Reading> {
  let last: Shown<Reading> | null = null;
  return {
    show: (reading, active) => {
      last = { reading, active, atMs: performance.now(), unixSecs: Date.now() / 1_000 };
    },
    add: (name, help, samples, labelNames = []) => {
      new Gauge({
        name: `reviewd_${name}`,
        help,
        labelNames: [...labelNames],
        collect() {
          this.reset();
          // One without labels is 0 after a reset, which would be a lie.
          if (labelNames.length === 0) this.remove();
          if (last === null || last.active.aborted || performance.now() - last.atMs > shownMs) return;
          for (const [labels, value] of samples(last.reading, last.unixSecs)) this.set(labels, value);
        },
      });
    },
  };
}

export const one = (value: number): readonly Sample[] => [[{}, value]];
