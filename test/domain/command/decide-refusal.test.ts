import { expect, test } from "bun:test";
import type { EarlierCommand } from "../../../src/adapters/postgres/commands.ts";
import { decideRefusal, type RefusalFacts } from "../../../src/domain/command/decide-refusal.ts";

const hour = 3_600_000;

function earlier(values: Partial<EarlierCommand>): EarlierCommand {
  return { status: "done", reason: null, agoMs: hour, ageMs: values.agoMs ?? hour, task: null, ...values };
}

function reviewed(values: Partial<NonNullable<EarlierCommand["task"]>>): Partial<RefusalFacts> {
  const task = { status: "completed", reason: "reviewed", headSha: "a", baseRef: "main" } as const;
  return { earlier: [earlier({ task: { ...task, ...values } })] };
}

const limit = { status: "refused", reason: "question_limit" } as const;
const cooldown = { kind: "cooldown" } as const;
const alreadyDone = { kind: "already_done" } as const;

const cases: readonly (readonly [string, Partial<RefusalFacts>, ReturnType<typeof decideRefusal>])[] = [
  ["the first", {}, null],
  ["the same a moment ago", { earlier: [earlier({ agoMs: 29_999 })] }, cooldown],
  ["help a moment ago", { name: "help", earlier: [earlier({ agoMs: 29_999 })] }, cooldown],
  ["the same a while ago", { earlier: [earlier({ agoMs: 30_001 })] }, null],
  ["a pause a moment ago", { name: "pause", earlier: [earlier({ agoMs: 1 })] }, null],
  ["a resume a moment ago", { name: "resume", earlier: [earlier({ agoMs: 1 })] }, null],
  ["a dismissal a moment ago", { name: "resolve", earlier: [earlier({ agoMs: 1 })] }, null],
  ["one that was refused a moment ago", { earlier: [earlier({ status: "refused", agoMs: 1 })] }, null],
  [
    "one that was told to be done a moment ago",
    { earlier: [earlier({ status: "refused", reason: "already_done", agoMs: 1 })] },
    cooldown,
  ],
  ["one that failed a moment ago", { earlier: [earlier({ status: "failed", agoMs: 1 })] }, null],
  ["a review of this head before", reviewed({}), alreadyDone],
  ["a review of all of this head before", { name: "review_full", ...reviewed({}) }, alreadyDone],
  ["a review of this head under way", reviewed({ status: "running", reason: null }), alreadyDone],
  ["a review of this head that failed", reviewed({ status: "failed" }), null],
  ["a review of this head that was called off", reviewed({ status: "cancelled" }), null],
  ["a review of this head without the model", reviewed({ reason: "model_fallback" }), null],
  ["a review of another head", reviewed({ headSha: "b" }), null],
  ["a review of this head for another base", reviewed({ baseRef: "release" }), null],
  [
    "a question while another is answered",
    { name: "ask", earlier: [earlier({ status: "running", agoMs: 60_000 })] },
    { kind: "later", delayMs: 5_000 },
  ],
  [
    "a question soon after an answer",
    { name: "ask", earlier: [earlier({ agoMs: 1, ageMs: 4_000 }), earlier({ agoMs: 2, ageMs: 9_000 })] },
    { kind: "later", delayMs: 6_000 },
  ],
  [
    "a question that waited for its answer to be due",
    { name: "ask", earlier: [earlier({ agoMs: 1, ageMs: 10_000 })] },
    null,
  ],
  [
    "a question after one that failed",
    { name: "ask", earlier: [earlier({ status: "failed", agoMs: 1 })] },
    null,
  ],
  [
    "a question after many today",
    { name: "ask", earlier: Array(20).fill(earlier({})) },
    { kind: "question_limit", isTold: false },
  ],
  [
    "a question after many today, of which that was told",
    { name: "ask", earlier: [earlier(limit), ...Array(20).fill(earlier({}))] },
    { kind: "question_limit", isTold: true },
  ],
  [
    "a question after many that failed today",
    { name: "ask", earlier: Array(20).fill(earlier({ status: "failed" })) },
    null,
  ],
  [
    "a question after many the day before",
    { name: "ask", earlier: Array(20).fill(earlier({ agoMs: 25 * hour })) },
    null,
  ],
];

test.each(cases)("%s", (_, facts, refusal) => {
  expect(decideRefusal({ name: "review", headSha: "a", baseRef: "main", earlier: [], ...facts })).toEqual(
    refusal,
  );
});
