import { expect, test } from "bun:test";
import type { EarlierCommand } from "../../../src/adapters/postgres/commands.ts";
import { decideRefusal, type RefusalFacts } from "../../../src/domain/command/decide-refusal.ts";

const hour = 3_600_000;

function earlier(values: Partial<EarlierCommand>): EarlierCommand {
  return { status: "done", reason: null, headSha: "a", agoMs: hour, taskStatus: null, ...values };
}

const cases: readonly (readonly [string, Partial<RefusalFacts>, ReturnType<typeof decideRefusal>])[] = [
  ["the first", {}, null],
  ["the same a moment ago", { earlier: [earlier({ agoMs: 29_999 })] }, "cooldown"],
  ["the same a while ago", { earlier: [earlier({ agoMs: 30_001 })] }, null],
  ["one that was refused a moment ago", { earlier: [earlier({ status: "refused", agoMs: 1 })] }, null],
  [
    "one that was told to be done a moment ago",
    { earlier: [earlier({ status: "refused", reason: "already_done", agoMs: 1 })] },
    "cooldown",
  ],
  ["one that failed a moment ago", { earlier: [earlier({ status: "failed", agoMs: 1 })] }, null],
  ["a review of this head before", { earlier: [earlier({ taskStatus: "completed" })] }, "already_done"],
  ["a review of this head under way", { earlier: [earlier({ taskStatus: "running" })] }, "already_done"],
  ["a review of this head that failed", { earlier: [earlier({ taskStatus: "failed" })] }, null],
  ["a review of this head that was called off", { earlier: [earlier({ taskStatus: "cancelled" })] }, null],
  ["a review of another head", { earlier: [earlier({ headSha: "b", taskStatus: "completed" })] }, null],
  ["a pause of this head before", { name: "pause", earlier: [earlier({ taskStatus: "completed" })] }, null],
  [
    "a question while another is answered",
    { name: "ask", earlier: [earlier({ status: "running", agoMs: 9_000 })] },
    "cooldown",
  ],
  ["a question after an answer", { name: "ask", earlier: [earlier({ agoMs: 11_000 })] }, null],
  ["a question after many today", { name: "ask", earlier: Array(20).fill(earlier({})) }, "question_limit"],
  [
    "a question after many the day before",
    { name: "ask", earlier: Array(20).fill(earlier({ agoMs: 25 * hour })) },
    null,
  ],
];

test.each(cases)("%s", (_, facts, refusal) => {
  expect(decideRefusal({ name: "review", headSha: "a", earlier: [], ...facts })).toBe(refusal);
});
