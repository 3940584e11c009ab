/**
 * Gauges of what was last read from the database, on /metrics. Only the process that reads shows them: a standing-by one,
 * and one whose last reading is old, shows nothing rather than zeros.
 */
import { Gauge } from "prom-client";

export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

export interface ReadingGauges<Reading> {
  readonly show: (reading: Reading) => void;
  /** @param name without the prefix */
  readonly add: (
    name: string,
    help: string,
    samples: (reading: Reading, unixSecs: number) => readonly Sample[],
    labelNames?: readonly string[],
  ) => void;
}

/** @param shownMs how long a reading is shown */
export function createReadingGauges<Reading>(shownMs: number): ReadingGauges<Reading> {
  let last: { readonly reading: Reading; readonly atMs: number; readonly unixSecs: number } | null = null;
  return {
    show: (reading) => {
      last = { reading, atMs: performance.now(), unixSecs: Date.now() / 1_000 };
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
          if (last === null || performance.now() - last.atMs > shownMs) return;
          for (const [labels, value] of samples(last.reading, last.unixSecs)) this.set(labels, value);
        },
      });
    },
  };
}

export const one = (value: number): readonly Sample[] => [[{}, value]];
