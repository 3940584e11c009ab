import { expect, test } from "bun:test";
import { measurePrecision, roundPrecision } from "../../../src/domain/feedback/precision.ts";

test("without a vote nothing is known", () => {
  expect(measurePrecision(0, 0)).toEqual({ value: null, low: 0, high: 1 });
});

// Wilson's intervals for these as Newcombe gives them (Statistics in Medicine 17, 1998, table I).
test.each([
  [81, 182, 0.2553, 0.3662],
  [15, 133, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 28, 0.0061, 0.1718],
])("%d for and %d against lie between %d and %d", (up, down, low, high) => {
  const measured = measurePrecision(up, down);
  expect(measured.value).toBeCloseTo(up / (up + down), 10);
  expect(measured.low).toBeCloseTo(low, 3);
  expect(measured.high).toBeCloseTo(high, 3);
});

test("votes that weigh a quarter say a quarter as much", () => {
  expect(measurePrecision(2, 0.5)).toEqual(measurePrecision(8 * 0.25, 2 * 0.25));
  expect(measurePrecision(0.25, 0).low).toBeLessThan(measurePrecision(1, 0).low);
});

test("is shown with four digits, and without a value where nobody voted", () => {
  expect(roundPrecision(measurePrecision(1, 2))).toEqual({ value: 0.3333, low: 0.0615, high: 0.7923 });
  expect(roundPrecision(measurePrecision(0, 0))).toEqual({ value: null, low: 0, high: 1 });
});
