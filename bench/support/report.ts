/** What every benchmark ends with: one JSON line, and exit 1 where a goal is missed and `--assert` is given. */
import { loadavg } from "node:os";
import packageJson from "../../package.json" with { type: "json" };

type Goal = { readonly min: number } | { readonly max: number };

export interface Result {
  readonly bench: string;
  /** What is judged, by name. Ratios of two measurements made side by side: they mean the same on every machine. */
  readonly ratios: Readonly<Record<string, number>>;
  /** By the name of a ratio. */
  readonly goals: Readonly<Record<string, Goal>>;
  readonly rounds: number;
  /** Of whatever the numbers depend on, beside Bun and reviewd. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** `--short`: the benchmark should take under a minute. */
export const short = process.argv.includes("--short");

export function report({ bench, ratios, goals, rounds, versions }: Result): void {
  const missed = Object.entries(goals).flatMap(([name, goal]) => (meets(ratios[name], goal) ? [] : [name]));
  console.log(
    JSON.stringify({
      bench,
      ratios: Object.fromEntries(
        Object.entries(ratios).map(([name, ratio]) => [name, Number(ratio.toFixed(3))]),
      ),
      goals,
      missed,
      // The machine's load over the last minute: numbers from a busy one are to be taken with care.
      load: loadavg()[0],
      rounds,
      versions: { bun: Bun.version, reviewd: packageJson.version, ...versions },
    }),
  );
  if (process.argv.includes("--assert") && missed.length > 0) process.exitCode = 1;
}

function meets(ratio: number | undefined, goal: Goal): boolean {
  if (ratio === undefined || Number.isNaN(ratio)) return false;
  return "min" in goal ? ratio >= goal.min : ratio <= goal.max;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
