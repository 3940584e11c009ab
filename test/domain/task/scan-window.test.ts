import { expect, test } from "bun:test";
import { createScanWindow } from "../../../src/domain/task/scan-window.ts";

const commitMs = 100;

function windowAt(start = 1_000) {
  let nowMs = start;
  const window = createScanWindow(() => nowMs);
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { window, pass };
}

/** One search that took long, so that the next ones are not whole. */
const whole = { lowestRank: 700, virtualTime: 900, scanMs: 1_000 };

test("searches begin where the one before the last moment found something", () => {
  const { window, pass } = windowAt();
  expect(window.fromRank()).toBe(0);
  window.learn(0, whole);
  expect(window.fromRank()).toBe(0);
  pass(commitMs);
  window.learn(0, { ...whole, lowestRank: 800 });
  expect(window.fromRank()).toBe(700);
});

test("what became ready a moment ago and is committed now is seen", () => {
  const { window, pass } = windowAt();
  window.learn(0, whole);
  pass(commitMs);
  window.learn(0, whole);
  for (const lowestRank of [1_000, 2_000]) {
    pass(commitMs / 2 - 1);
    window.learn(window.fromRank(), { lowestRank, virtualTime: lowestRank, scanMs: 1 });
  }
  expect(window.fromRank()).toBe(700);
});

test("after a search that found nothing, what becomes ready at the virtual time of then is seen", () => {
  const { window, pass } = windowAt();
  window.learn(0, { ...whole, lowestRank: null });
  pass(commitMs);
  window.learn(0, { ...whole, lowestRank: null });
  expect(window.fromRank()).toBe(900);
});

test("a newcomer's rank is seen although what is ready has higher ones", () => {
  const { window, pass } = windowAt();
  window.learn(0, { ...whole, lowestRank: 5_000 });
  pass(commitMs);
  window.learn(0, { ...whole, lowestRank: 5_000 });
  expect(window.fromRank()).toBe(900);
});

test("searches from the beginning take a hundredth of the time", () => {
  const { window, pass } = windowAt();
  window.learn(0, whole);
  pass(1_000);
  window.learn(0, { ...whole, scanMs: 5 });
  pass(499);
  expect([window.fromRank(), window.wholeScanInMs()]).toEqual([700, 1]);
  pass(1);
  expect(window.fromRank()).toBe(0);
});

test("however long one takes, the next comes within a second", () => {
  const { window, pass } = windowAt();
  window.learn(0, { ...whole, scanMs: 60_000 });
  pass(999);
  expect(window.wholeScanInMs()).toBe(1);
  pass(1);
  expect(window.wholeScanInMs()).toBe(0);
});
