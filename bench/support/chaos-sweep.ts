/** An exact sweep over when runs began and ended: whether too many were ever under way at once. */
import { nameOf, type RecordedRun } from "./chaos-record.ts";

/** An owner's cap from then on. */
export interface CapChange {
  readonly ownerId: string;
  readonly cap: number;
  /** When the change was asked for and when it was known to be made: it happened in between. */
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** One entry for each run that began while another one of the same key was under way. */
export function findSimultaneous(
  runs: readonly RecordedRun[],
  keyOf: (run: RecordedRun) => string,
): readonly string[] {
  return [...Map.groupBy(runs, keyOf)].flatMap(([key, own]) => {
    let count = 0;
    const faults: string[] = [];
    for (const event of order(own.flatMap(beginAndEnd))) {
      if (event.do === "begin" && count > 0)
        faults.push(`${nameOf(event.run)} began beside another of ${key}`);
      count += event.do === "begin" ? 1 : -1;
    }
    return faults;
  });
}

/** One entry for each run that began over its owner's cap. */
export function findOverCap(
  runs: readonly RecordedRun[],
  firstCaps: ReadonlyMap<string, number>,
  changes: readonly CapChange[],
): readonly string[] {
  const changesOf = Map.groupBy(changes, ({ ownerId }) => ownerId);
  return [...Map.groupBy(runs, ({ ownerId }) => ownerId)].flatMap(([ownerId, own]) => {
    const firstCap = firstCaps.get(ownerId) ?? 0;
    return overCapOf(firstCap, [...own.flatMap(beginAndEnd), ...capEvents(firstCap, changesOf.get(ownerId))]);
  });
}

type Event =
  | { readonly do: "begin" | "end"; readonly at: number; readonly run: RecordedRun }
  | { readonly do: "cap"; readonly at: number; readonly cap: number };

/**
 * Lowering a cap takes no seat away. So what had a seat under the higher cap, and was not running yet, may still begin
 * over the lower one: as many runs as there can have been such seats, and none more.
 */
function overCapOf(firstCap: number, events: readonly Event[]): readonly string[] {
  const faults: string[] = [];
  let cap = firstCap;
  let count = 0;
  let olderSeats = 0;
  for (const event of order(events)) {
    if (event.do === "end") count--;
    else if (event.do === "cap") {
      if (event.cap < cap) olderSeats = Math.max(olderSeats, cap - count);
      cap = event.cap;
    } else if (++count > cap && --olderSeats < 0) {
      olderSeats = 0;
      faults.push(
        `${nameOf(event.run)} began as number ${count} of ${event.run.ownerId}, whose cap is ${cap}`,
      );
    }
  }
  return faults;
}

/** A higher cap may count from when it was asked for, a lower one counts when it was surely made. */
function capEvents(firstCap: number, changes: readonly CapChange[] = []): readonly Event[] {
  let former = firstCap;
  return changes.map(({ cap, askedAt, answeredAt }) => {
    const at = cap > former ? askedAt : answeredAt;
    former = cap;
    return { do: "cap", at, cap };
  });
}

function beginAndEnd(run: RecordedRun): readonly Event[] {
  return [
    { do: "begin", at: run.from, run },
    { do: "end", at: run.to, run },
  ];
}

const turns = { end: 0, cap: 1, begin: 2 } as const;

/** What ends at a moment does not meet what begins then. */
function order<T extends Event>(events: readonly T[]): readonly T[] {
  return events.toSorted((a, b) => a.at - b.at || turns[a.do] - turns[b.do]);
}
