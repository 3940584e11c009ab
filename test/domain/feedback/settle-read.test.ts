import { describe, expect, test } from "bun:test";
import type { Reaction } from "../../../src/adapters/forge/forge.ts";
import type { DueComment } from "../../../src/adapters/postgres/comment-polls.ts";
import { countedReactions, settleRead } from "../../../src/domain/feedback/settle-read.ts";

const now = new Date("2026-03-01T12:00:00Z");
const time = {
  schedule: {
    intervalMs: 300_000,
    windowMs: 14 * 86_400_000,
    tiers: [{ maxAgeMs: 86_400_000, everyCycles: 1 }],
  },
  now,
  random: 0,
};
const comment: DueComment = {
  id: "0190b7a0-0000-7000-8000-000000000001",
  kind: "inline",
  externalId: 1,
  nodeId: "PRRC_1",
  postedAt: new Date("2026-03-01T00:00:00Z"),
  missingCount: 0,
  plannedAt: "2026-03-01 11:59:00.123456+00",
  repositoryId: 1,
  fullName: "acme/shop",
  closedAt: null,
};
const complete = { state: "complete", reactions: [] } as const;
const missing = { state: "missing" } as const;

describe("a reading", () => {
  test("to the end schedules the next one and forgets that it was missing before", () => {
    expect(settleRead({ ...comment, missingCount: 1 }, complete, time)).toEqual({
      commentId: comment.id,
      plannedAt: comment.plannedAt,
      missingCount: 0,
      gone: false,
      nextPollAt: new Date("2026-03-01T12:04:45Z"),
    });
  });

  test("that finds nothing is repeated at the next cycle, also after what would have been the last one", () => {
    const old = { ...comment, postedAt: new Date("2026-01-01T00:00:00Z") };
    expect(settleRead(old, complete, time).nextPollAt).toBeNull();
    expect(settleRead(old, missing, time)).toMatchObject({
      missingCount: 1,
      gone: false,
      nextPollAt: new Date("2026-03-01T12:04:45Z"),
    });
  });

  test("of what is hidden leaves what is known as it is, and comes again by its tier", () => {
    const hidden = { state: "hidden" } as const;
    const settled = settleRead({ ...comment, missingCount: 1 }, hidden, time);
    expect(settled).toEqual({ ...settleRead(comment, complete, time), missingCount: 1 });
    const old = { ...comment, postedAt: new Date("2026-01-01T00:00:00Z") };
    expect(settleRead(old, hidden, time)).toMatchObject({ gone: false, nextPollAt: null });
  });

  test("that finds nothing a second time in a row says that the comment is gone", () => {
    expect(settleRead({ ...comment, missingCount: 1 }, missing, time)).toMatchObject({
      gone: true,
      nextPollAt: null,
    });
  });
});

test("reactions of programs do not count; those of somebody unknown do, without a name", () => {
  const reaction = (id: number, reactor: Reaction["reactor"]): Reaction => ({
    id,
    content: "+1",
    createdAt: "2026-03-01T12:00:00Z",
    reactor,
  });
  const reactions = [
    reaction(1, { id: 7, login: "eve", isBot: false }),
    reaction(2, { id: 8, login: "reviewd[bot]", isBot: true }),
    reaction(3, null),
  ];
  expect(countedReactions(comment.id, reactions)).toMatchObject([
    { commentId: comment.id, externalId: 1, reactorExternalId: 7, reactorLogin: "eve" },
    { commentId: comment.id, externalId: 3, reactorExternalId: null, reactorLogin: null },
  ]);
});
