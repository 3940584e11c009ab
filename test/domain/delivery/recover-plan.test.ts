import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Delivery } from "../../../src/adapters/forge/forge.ts";
import { planRecovery, type RecoveryFacts, retentionMs } from "../../../src/domain/delivery/recover-plan.ts";

const now = new Date("2026-03-10T12:00:00Z");
const minuteMs = 60_000;
const ago = (minutes: number) => new Date(now.getTime() - minutes * minuteMs);

let lastId = 0;
function delivery(guid: string, minutesAgo: number, succeeded: boolean): Delivery {
  lastId++;
  return {
    id: String(lastId),
    guid,
    event: "pull_request",
    deliveredAt: ago(minutesAgo).toISOString(),
    succeeded,
  };
}

function plan(listed: readonly Delivery[], facts: Partial<RecoveryFacts> = {}) {
  return planRecovery({
    listed,
    isDealtWith: () => undefined,
    knownSince: ago(60 * 24 * 30),
    askedAt: () => undefined,
    now,
    maxPerRun: 100,
    ...facts,
  });
}

const reasons = (listed: readonly Delivery[], facts?: Partial<RecoveryFacts>) =>
  plan(listed, facts).redeliveries.map(({ guid, reason }) => `${guid}: ${reason}`);

describe("what is sent again", () => {
  test.each([
    ["never arrived", false, undefined, ["a: failed"]],
    ["arrived, and nobody knows of it", true, undefined, ["a: lost"]],
    ["arrived, and its work failed", true, false, ["a: unfinished"]],
    ["answered with an error, after its work had failed", false, false, ["a: unfinished"]],
    ["was dealt with", true, true, []],
    ["was dealt with, but the answer came too late", false, true, []],
  ])("one that %s", (_, succeeded, dealtWith, expected) => {
    expect(reasons([delivery("a", 1, succeeded)], { isDealtWith: () => dealtWith })).toEqual(expected);
  });

  test("not one that arrived before this database was made; one that did not arrive, all the same", () => {
    const listed = [delivery("arrived", 90, true), delivery("failed", 91, false)];
    expect(reasons(listed, { knownSince: ago(60) })).toEqual(["failed: failed"]);
  });

  test("not one that arrived at a second try", () => {
    expect(reasons([delivery("a", 2, true), delivery("a", 9, false)], { isDealtWith: () => true })).toEqual(
      [],
    );
  });

  test("the first try is named, and the oldest goes first", () => {
    const listed = [delivery("young", 50, false), delivery("old", 70, false), delivery("old", 90, false)];
    expect(plan(listed).redeliveries).toEqual([
      { guid: "old", deliveryId: listed[2]?.id ?? "", reason: "failed" },
      { guid: "young", deliveryId: listed[0]?.id ?? "", reason: "failed" },
    ]);
  });
});

describe("bounds", () => {
  test("of one run: the rest waits and holds the checkpoint back", () => {
    const listed = [delivery("a", 30, false), delivery("b", 20, false), delivery("c", 10, false)];
    const { redeliveries, waiting, checkpoint } = plan(listed, { maxPerRun: 1 });
    expect(redeliveries.map(({ guid }) => guid)).toEqual(["a"]);
    expect(waiting).toBe(2);
    expect(checkpoint).toEqual(ago(30));
  });

  test("of one delivery: each further try waits longer, after six it is given up", () => {
    const waits = [0, 5, 20, 80, 320, 1_280];
    for (const [redelivered, waitMinutes] of waits.entries()) {
      const tries = (lastMinutesAgo: number) => [
        ...Array.from({ length: redelivered }, (_, i) => delivery("a", lastMinutesAgo + i + 1, false)),
        delivery("a", lastMinutesAgo, false),
      ];
      expect(reasons(tries(waitMinutes))).toEqual(["a: failed"]);
      if (waitMinutes > 0)
        expect(plan(tries(waitMinutes - 1))).toMatchObject({ redeliveries: [], waiting: 1 });
    }
    const tooMany = Array.from({ length: 7 }, (_, i) => delivery("a", 2_000 + i, false));
    expect(plan(tooMany)).toMatchObject({ redeliveries: [], waiting: 0, givenUp: 1 });
  });

  test("one that was asked for just now is not asked for again before it can have shown up", () => {
    const listed = [delivery("a", 60, false)];
    expect(plan(listed, { askedAt: () => ago(4) })).toMatchObject({ redeliveries: [], waiting: 1 });
    expect(reasons(listed, { askedAt: () => ago(5) })).toEqual(["a: failed"]);
  });
});

describe("the checkpoint", () => {
  test("is a while back where all is settled, since deliveries are listed late", () => {
    expect(plan([]).checkpoint).toEqual(ago(15));
  });

  test("does not wait for what was given up, nor for what the forge has forgotten", () => {
    const givenUp = Array.from({ length: 7 }, (_, i) => delivery("a", 600 + i, false));
    expect(plan(givenUp).checkpoint).toEqual(ago(15));
    const ancient = [delivery("b", 60 * 24 * 4, false)];
    expect(plan(ancient).checkpoint).toEqual(new Date(now.getTime() - retentionMs));
  });
});

test("whatever is listed, nothing unsettled lies before the checkpoint, and nothing is asked for twice", () => {
  const anyDelivery = fc.record({
    guid: fc.constantFrom("a", "b", "c", "d", "e"),
    minutesAgo: fc.integer({ min: 0, max: 60 * 24 * 3 }),
    succeeded: fc.boolean(),
  });
  const rows = fc.dictionary(fc.constantFrom("a", "b", "c", "d", "e"), fc.boolean());
  fc.assert(
    fc.property(
      fc.array(anyDelivery, { maxLength: 30 }),
      rows,
      fc.integer({ min: 1, max: 5 }),
      (list, known, max) => {
        const listed = list.map(({ guid, minutesAgo, succeeded }) => delivery(guid, minutesAgo, succeeded));
        const isDealtWith = (guid: string) => known[guid];
        const { redeliveries, checkpoint, waiting } = plan(listed, { isDealtWith, maxPerRun: max });
        const guids = redeliveries.map(({ guid }) => guid);
        expect(new Set(guids).size).toBe(guids.length);
        expect(guids.length).toBeLessThanOrEqual(max);
        expect(guids.filter((guid) => known[guid] === true)).toEqual([]);
        const asked = listed.filter(({ guid }) => guids.includes(guid));
        for (const { deliveredAt } of asked)
          expect(Date.parse(deliveredAt)).toBeGreaterThanOrEqual(checkpoint.getTime());
        if (guids.length + waiting === 0) expect(checkpoint).toEqual(ago(15));
      },
    ),
  );
});
