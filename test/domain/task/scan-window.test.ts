import { expect, test } from "bun:test";
import { createScanWindow } from "../../../src/domain/task/scan-window.ts";

function windowAt(start = 1_000) {
  let nowMs = start;
  const window = createScanWindow(() => nowMs);
  return {
    window,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test("the first search begins at the beginning, the next ones where it found something", () => {
  const { window } = windowAt();
  expect(window.fromRank()).toBe(0);
  window.learn(0, { lowestRank: 700, virtualTime: 900, scanMs: 1 });
  expect(window.fromRank()).toBe(700);
});

test("after a search that found nothing, what becomes ready at the virtual time of then is seen", () => {
  const { window } = windowAt();
  window.learn(0, { lowestRank: null, virtualTime: 900, scanMs: 1 });
  expect(window.fromRank()).toBe(900);
});

test("a newcomer's rank is seen although what is ready has higher ones", () => {
  const { window } = windowAt();
  window.learn(0, { lowestRank: 5_000, virtualTime: 900, scanMs: 1 });
  expect(window.fromRank()).toBe(900);
});

test("searches from the beginning take a twentieth of the time", () => {
  const { window, pass } = windowAt();
  window.learn(0, { lowestRank: 700, virtualTime: 700, scanMs: 10 });
  pass(199);
  expect([window.fromRank(), window.wholeScanInMs()]).toEqual([700, 1]);
  pass(1);
  expect(window.fromRank()).toBe(0);
});

test("however long one takes, the next comes within a second", () => {
  const { window, pass } = windowAt();
  window.learn(0, { lowestRank: 700, virtualTime: 700, scanMs: 60_000 });
  pass(1_000);
  expect(window.fromRank()).toBe(0);
});

test("a search from within moves nothing", () => {
  const { window } = windowAt();
  window.learn(0, { lowestRank: 700, virtualTime: 700, scanMs: 10 });
  window.learn(700, { lowestRank: 800, virtualTime: 800, scanMs: 1 });
  expect(window.fromRank()).toBe(700);
});
