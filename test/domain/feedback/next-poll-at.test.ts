import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  afterCloseMs,
  cyclesAt,
  nextCycleAt,
  nextPollAt,
  type PollSchedule,
} from "../../../src/domain/feedback/next-poll-at.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const schedule: PollSchedule = {
  intervalMs: 300_000,
  windowMs: 14 * dayMs,
  tiers: [
    { maxAgeMs: dayMs, everyCycles: 1 },
    { maxAgeMs: 3 * dayMs, everyCycles: 12 },
    { maxAgeMs: 14 * dayMs, everyCycles: 72 },
  ],
};
const postedAt = new Date("2026-03-01T00:00:00Z");
const at = (ageMs: number) => new Date(postedAt.getTime() + ageMs);
const open = { postedAt, closedAt: null };

describe("tiers", () => {
  test.each([
    [0, 1],
    [dayMs - 1, 1],
    [dayMs, 12],
    [3 * dayMs - 1, 12],
    [3 * dayMs, 72],
    [13 * dayMs, 72],
    [40 * dayMs, 72],
    [-5_000, 1],
  ])("at an age of %d ms a comment is read every %d cycles", (ageMs, cycles) => {
    expect(cyclesAt(ageMs, schedule.tiers)).toBe(cycles);
  });

  test("a comment of the first day is due again when the next cycle begins, whatever the jitter", () => {
    for (const random of [0, 0.5, 0.999]) {
      const next = nextPollAt(open, schedule, at(hourMs), random);
      expect(next?.getTime()).toBeGreaterThan(at(hourMs).getTime());
      expect(next?.getTime()).toBeLessThan(at(hourMs + schedule.intervalMs).getTime());
    }
  });

  test("jitter spreads the later tiers over many cycles", () => {
    const cyclesUntil = (random: number) => {
      const next = nextPollAt(open, schedule, at(5 * dayMs), random);
      return Math.ceil(((next?.getTime() ?? 0) - at(5 * dayMs).getTime()) / schedule.intervalMs);
    };
    expect(cyclesUntil(0)).toBe(69);
    expect(cyclesUntil(1)).toBe(58);
  });
});

describe("the last reading", () => {
  test("is at the window's end, and then none", () => {
    expect(nextPollAt(open, schedule, at(14 * dayMs - hourMs), 0.5)).toEqual(at(14 * dayMs));
    expect(nextPollAt(open, schedule, at(14 * dayMs), 0.5)).toBeNull();
    expect(nextPollAt(open, schedule, at(30 * dayMs), 0.5)).toBeNull();
  });

  test("comes a while after the pull request was closed, and then none", () => {
    const closed = { postedAt, closedAt: at(2 * hourMs) };
    expect(nextPollAt(closed, schedule, at(2 * hourMs), 0.5)).toEqual(at(2 * hourMs + afterCloseMs));
    expect(nextPollAt(closed, schedule, at(2 * hourMs + afterCloseMs), 0.5)).toBeNull();
  });

  test("is still the window's end where the pull request was closed shortly before it", () => {
    const closed = { postedAt, closedAt: at(14 * dayMs - 1_000) };
    expect(nextPollAt(closed, schedule, at(14 * dayMs - 500), 0.5)).toEqual(at(14 * dayMs));
  });

  test("a pull request that was opened again is read by its age as before", () => {
    const next = nextPollAt(open, schedule, at(hourMs), 0.5);
    expect(next?.getTime()).toBeLessThan(at(hourMs + schedule.intervalMs).getTime());
  });
});

test("a comment that is missing is looked for again at the next cycle, even at its window's end", () => {
  expect(nextCycleAt(schedule, at(0)).getTime()).toBeLessThan(at(schedule.intervalMs).getTime());
  expect(nextCycleAt(schedule, at(0)).getTime()).toBeGreaterThan(at(0).getTime());
});

/** Cycles as they really come: every interval, each late by something, now and then by a long downtime. */
function readings(lateness: readonly number[], randoms: readonly number[], closeAgeMs: number | null) {
  const ages: number[] = [];
  let dueMs: number | null = 0;
  let tickMs = 0;
  for (let cycle = 0; dueMs !== null && cycle < 20_000; cycle++) {
    tickMs = cycle * schedule.intervalMs + (lateness[cycle % lateness.length] ?? 0);
    if (dueMs > tickMs) continue;
    const closedAt = closeAgeMs !== null && closeAgeMs <= tickMs ? at(closeAgeMs) : null;
    const random = randoms[cycle % randoms.length] ?? 0;
    ages.push(tickMs);
    const next: Date | null = nextPollAt({ postedAt, closedAt }, schedule, at(tickMs), random);
    dueMs = next === null ? null : next.getTime() - postedAt.getTime();
  }
  return { ages, ended: dueMs === null };
}

const latenessMs = fc.array(fc.integer({ min: 0, max: schedule.intervalMs - 1 }), {
  minLength: 1,
  maxLength: 50,
});
const randoms = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), {
  minLength: 1,
  maxLength: 50,
});

describe("however late the cycles come", () => {
  test("no reading is skipped: the next one is at most one cycle later than its tier says", () => {
    fc.assert(
      fc.property(latenessMs, randoms, (lateness, chance) => {
        const { ages } = readings(lateness, chance, null);
        for (const [index, age] of ages.entries()) {
          const before = ages[index - 1];
          if (before === undefined) continue;
          const tierMs = cyclesAt(before, schedule.tiers) * schedule.intervalMs;
          expect(age - before).toBeLessThan(tierMs + 2 * schedule.intervalMs);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("the last reading is not before the window's end, and it is the only one there", () => {
    fc.assert(
      fc.property(latenessMs, randoms, (lateness, chance) => {
        const { ages, ended } = readings(lateness, chance, null);
        expect(ended).toBe(true);
        expect(ages.filter((age) => age >= schedule.windowMs)).toHaveLength(1);
      }),
      { numRuns: 30 },
    );
  });

  test("after a close there is one last reading, a while later and within the window", () => {
    fc.assert(
      fc.property(
        latenessMs,
        randoms,
        fc.integer({ min: 0, max: 13 * dayMs }),
        (lateness, chance, closeAgeMs) => {
          const { ages, ended } = readings(lateness, chance, closeAgeMs);
          expect(ended).toBe(true);
          expect(ages.filter((age) => age >= closeAgeMs + afterCloseMs)).toHaveLength(1);
        },
      ),
      { numRuns: 30 },
    );
  });
});
