/** Programs that are compared take turns, so that what else the machine does meets all of them. */
import { median } from "./report.ts";

/** What each program measured, one entry a round, by its name. */
export type Rounds<T> = ReadonlyMap<string, readonly T[]>;

/** Every round runs each program once; the order turns from round to round. */
export async function interleave<T>(
  rounds: number,
  programs: Readonly<Record<string, () => Promise<T>>>,
): Promise<Rounds<T>> {
  const measured = new Map<string, T[]>(Object.keys(programs).map((name) => [name, []]));
  const entries = Object.entries(programs);
  for (let round = 0; round < rounds; round++) {
    const first = round % entries.length;
    for (const [name, run] of [...entries.slice(first), ...entries.slice(0, first)]) {
      measured.get(name)?.push(await run());
    }
  }
  return measured;
}

export function typical<T>(rounds: Rounds<T>, name: string, pick: (one: T) => number): number {
  return median(pickEach(rounds, name, pick));
}

/** The median of the ratios of each round: its two measurements were made side by side. */
export function ratioOf<T>(
  rounds: Rounds<T>,
  [numerator, denominator]: readonly [string, string],
  pick: (one: T) => number,
): number {
  const below = pickEach(rounds, denominator, pick);
  return median(
    pickEach(rounds, numerator, pick).map((value, round) => value / (below[round] ?? Number.NaN)),
  );
}

function pickEach<T>(rounds: Rounds<T>, name: string, pick: (one: T) => number): readonly number[] {
  return (rounds.get(name) ?? []).map(pick);
}
