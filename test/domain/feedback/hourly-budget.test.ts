import { expect, test } from "bun:test";
import { createHourlyBudget } from "../../../src/domain/feedback/hourly-budget.ts";

const minute = 60_000;
const at = (minutes: number) => new Date(minutes * minute);

test("there is room until an hour's points are spent, and again when enough of them are an hour old", () => {
  const budget = createHourlyBudget(3);
  expect(budget.spend(1, 1, at(0))).toBeNull();
  expect(budget.spend(1, 1, at(10))).toBeNull();
  expect(budget.spend(1, 1, at(20))).toEqual(at(60));
  expect(budget.spend(1, 1, at(61))).toEqual(at(70));
});

test("what costs much at once rests until all of it that is too much is an hour old", () => {
  const budget = createHourlyBudget(3);
  budget.spend(1, 2, at(0));
  budget.spend(1, 1, at(10));
  expect(budget.spend(1, 4, at(20))).toEqual(at(80));
});

test("one installation's spending is not another's", () => {
  const budget = createHourlyBudget(1);
  expect(budget.spend(1, 1, at(0))).toEqual(at(60));
  expect(budget.spend(2, 0, at(0))).toBeNull();
});
