import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { asc, eq, sql } from "drizzle-orm";
import { connect } from "../../../src/adapters/postgres/connect.ts";
import { insertFindings } from "../../../src/adapters/postgres/findings.ts";
import {
  owners,
  publications,
  repositories,
  reviewComments,
  reviewFeedback,
  suppressions,
} from "../../../src/adapters/postgres/schema.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { type DecisionRefusal, decideSuppression } from "../../../src/domain/feedback/decide-suppression.ts";
import { proposeSuppressions } from "../../../src/domain/feedback/propose-suppressions.ts";
import { evidenceSchema } from "../../../src/domain/feedback/suppression-evidence.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { createTestDatabase } from "../../support/database.ts";
import { eventually } from "../../support/eventually.ts";
import { newTask, type SeededPullRequest, seedOwner, seedPullRequest } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
// The syncer's and serve's own rights: as an operator's logins have them.
const syncer = connect(`${database.url}?role=reviewd_syncer`, "reviewd test syncer", 4);
const serve = connect(`${database.url}?role=reviewd_serve`, "reviewd test serve", 4);
afterAll(async () => {
  await Promise.all([syncer.close(), serve.close()]);
  await database.close();
});
beforeEach(async () => void (await db.execute(sql`truncate owners cascade`)));

const dayMs = 86_400_000;
const propose = () => proposeSuppressions(syncer);
const stored = () => db.select().from(suppressions).orderBy(asc(suppressions.id));
const states = async () => (await stored()).map(({ state }) => state);

async function decide(state: "approved" | "refused", days = 90): Promise<DecisionRefusal | "unknown" | null> {
  const newest = (await stored()).at(-1);
  if (!newest) throw new Error("something was proposed");
  return await decideSuppression(serve, newest.id, { state, days, by: "ada" });
}

async function seedPlace(ownerId?: string, isPrivate = true): Promise<SeededPullRequest> {
  const pullRequest = await seedPullRequest(db, ownerId ?? (await seedOwner(db)));
  await db
    .update(repositories)
    .set({ private: isPrivate })
    .where(eq(repositories.id, pullRequest.repositoryId));
  return pullRequest;
}

interface Comment {
  readonly ruleId?: string | null;
  readonly category?: string;
  readonly daysAgo?: number;
  readonly kind?: "inline" | "summary";
  /** Numbers of people, and what they gave. */
  readonly votes: readonly (readonly [
    person: number | null,
    content: string,
    permission?: "write" | "read",
  ])[];
}

let lastExternalId = 0;

/** Comments of one review, with what was given to them. */
async function say({ pullRequestId, repositoryId, ...place }: SeededPullRequest, said: readonly Comment[]) {
  const { id: taskId } = await insertTask(
    db,
    newTask({ pullRequestId, repositoryId, ...place }, { headSha: crypto.randomUUID() }),
  );
  const publicationId = Bun.randomUUIDv7();
  const review = { id: publicationId, taskId, pullRequestId, kind: "review", payload: {} } as const;
  await db.insert(publications).values({ ...review, state: "intended" });
  for (const [ordinal, one] of said.entries()) {
    const { ruleId = "javascript/debugger", category = "style", daysAgo = 1, kind = "inline" } = one;
    const findingId = Bun.randomUUIDv7();
    await db.transaction((tx) =>
      insertFindings(tx, [
        {
          ...{ id: findingId, taskId, pullRequestId, ordinal, ruleId, category, originId: findingId },
          ...{ reviewer: "rules", reportedBy: ["rules"], severity: "low", disposition: "inline" },
          ...{ path: "a.ts", startLine: 1, line: 1, title: "t", body: "b", fingerprint: "f", anchor: "a" },
        },
      ]),
    );
    const commentId = Bun.randomUUIDv7();
    const postedAt = new Date(Date.now() - daysAgo * dayMs);
    const externalId = ++lastExternalId;
    const url = `https://github.test/${externalId}`;
    await db.insert(reviewComments).values({
      ...{ id: commentId, taskId, publicationId, findingId, pullRequestId, repositoryId, kind, postedAt },
      ...{ forge: "github", host: "github.test", externalId, nodeId: "n", url },
    });
    for (const [person, content, reactorPermission] of one.votes) {
      await db.insert(reviewFeedback).values({
        ...{ id: Bun.randomUUIDv7(), commentId, kind: "reaction", content, createdAt: postedAt },
        ...{ externalId: ++lastExternalId, reactorExternalId: person, reactorPermission },
      });
    }
  }
}

/** So many comments with a vote of another person each, in turn. */
function voted(
  count: number,
  content: string,
  values: Partial<Comment> = {},
  people = 3,
): readonly Comment[] {
  return Array.from({ length: count }, (_, i) => ({ ...values, votes: [[i % people, content]] as const }));
}

describe("what is proposed", () => {
  test("is what enough people dislike surely, with the votes it rests on", async () => {
    const place = await seedPlace();
    await say(place, [
      ...voted(1, "+1"),
      ...voted(6, "-1"),
      ...voted(1, "confused"),
      ...voted(1, "eyes"),
      {
        votes: [
          [7, "-1"],
          [8, "-1"],
        ],
      },
    ]);
    expect(await propose()).toEqual({ proposed: 1, refreshed: 0, expired: 0 });
    const [proposal, ...others] = await stored();
    expect(others).toEqual([]);
    expect(proposal).toMatchObject({
      ...{ ownerId: place.ownerId, repositoryId: place.repositoryId, kind: "rule" },
      ...{ subject: "javascript/debugger", state: "proposed", decidedAt: null, decidedBy: null },
    });
    const evidence = evidenceSchema.parse(proposal?.evidence);
    expect(evidence).toMatchObject({ comments: 10, votes: { up: 1, down: 9 }, people: 5, repositories: 1 });
    expect(evidence.precision).toMatchObject({
      value: 0.1,
      low: expect.closeTo(0.018),
      high: expect.closeTo(0.404),
    });
    // The one that two people dislike comes first.
    expect(evidence.urls).toHaveLength(5);
    const [most] = await db.execute<{ url: string }>(
      sql`select url from review_comments order by external_id desc limit 1`,
    );
    expect(evidence.urls[0]).toBe(most?.url ?? "");
    expect(new Date(evidence.until).getTime() - new Date(evidence.since).getTime()).toBe(90 * dayMs);
    const { proposedAt, expiresAt } = proposal ?? {};
    expect(Number(expiresAt) - Number(proposedAt)).toBe(90 * dayMs);
  });

  test.each([
    ["8 of 8 against", 0, 8, 3, 1],
    ["7 of 7 against: too few votes", 0, 7, 3, 0],
    ["7 of 8 against", 1, 7, 3, 1],
    ["8 of 10 against: the interval reaches half", 2, 8, 3, 0],
    ["10 of 12 against", 2, 10, 3, 1],
    ["100 against, by two people", 0, 100, 2, 0],
    ["8 in favour", 8, 0, 3, 0],
  ])("%s", async (_, up, down, people, proposed) => {
    await say(await seedPlace(), [...voted(up, "+1"), ...voted(down, "-1", {}, people)]);
    expect(await propose()).toMatchObject({ proposed });
  });

  test("counts passers-by of public repositories a quarter, and accounts that are gone as nobody", async () => {
    const by = (person: number | null, permission: "write" | "read"): Comment => ({
      votes: [[person, "-1", permission]],
    });
    const crowd = (count: number) => Array.from({ length: count }, (_, i) => by(i + 10, "read"));
    const open = await seedPlace(undefined, false);
    await say(
      open,
      [1, 2, 3].map((person) => by(person, "write")),
    );
    await say(open, crowd(19));
    expect(await propose()).toMatchObject({ proposed: 0 });
    await say(open, [by(99, "read")]);
    expect(await propose()).toMatchObject({ proposed: 1 });

    const closed = await seedPlace();
    await say(closed, [
      by(1, "write"),
      by(2, "write"),
      ...Array.from({ length: 20 }, () => by(null, "write")),
    ]);
    expect(await propose()).toMatchObject({ proposed: 0 });
    await say(closed, [by(3, "write")]);
    expect(await propose()).toMatchObject({ proposed: 1 });
  });

  test("is a category only for findings of no named rule", async () => {
    const place = await seedPlace();
    await say(place, voted(4, "-1", { ruleId: null, category: "performance" }));
    await say(place, voted(4, "-1", { ruleId: "go/defer-in-loop", category: "performance" }));
    expect(await propose()).toMatchObject({ proposed: 0 });
    await say(place, voted(4, "-1", { ruleId: null, category: "performance" }));
    await propose();
    expect(await stored()).toMatchObject([{ kind: "category", subject: "performance" }]);
  });

  test("is never a rule about secrets or hidden characters", async () => {
    const place = await seedPlace();
    for (const ruleId of ["secrets/aws-access-key", "text/bidi-control", "text/invisible-character"])
      await say(place, voted(20, "-1", { ruleId }));
    expect(await propose()).toMatchObject({ proposed: 0 });
  });

  test("rests on inline comments of the last 90 days, and on votes that hold", async () => {
    const place = await seedPlace();
    await say(place, voted(7, "-1"));
    await say(place, voted(9, "-1", { daysAgo: 91 }));
    await say(place, voted(9, "-1", { kind: "summary" }).slice(0, 1));
    expect(await propose()).toMatchObject({ proposed: 0 });
    await say(place, voted(1, "-1", { daysAgo: 89 }));
    await db.update(reviewFeedback).set({ removedAt: new Date() });
    expect(await propose()).toMatchObject({ proposed: 0 });
    await db.update(reviewFeedback).set({ removedAt: null });
    expect(await propose()).toMatchObject({ proposed: 1 });
  });
});

describe("an owner's repositories", () => {
  test("have one proposal together where more than one dislikes it", async () => {
    const first = await seedPlace();
    const second = await seedPlace(first.ownerId);
    await say(first, voted(12, "-1"));
    await say(second, voted(1, "-1"));
    expect(await propose()).toMatchObject({ proposed: 1 });
    expect(await stored()).toMatchObject([
      { repositoryId: null, evidence: { votes: { up: 0, down: 13 }, repositories: 2 } },
    ]);
  });

  test("are spoken for alone where the others like it", async () => {
    const first = await seedPlace();
    const second = await seedPlace(first.ownerId);
    await say(first, voted(12, "-1"));
    await say(second, [...voted(12, "+1"), ...voted(1, "-1")]);
    await propose();
    expect(await stored()).toMatchObject([{ repositoryId: first.repositoryId }]);
  });

  test("lose their own proposal to one for all of them, and get it when that one is refused", async () => {
    const first = await seedPlace();
    const second = await seedPlace(first.ownerId);
    await say(first, voted(12, "-1"));
    await propose();
    await say(second, voted(4, "-1"));
    expect(await propose()).toEqual({ proposed: 1, refreshed: 0, expired: 1 });
    await decide("refused");
    expect(await propose()).toEqual({ proposed: 1, refreshed: 0, expired: 0 });
    const all = await stored();
    expect(all.map(({ repositoryId, state }) => [repositoryId, state])).toEqual([
      [first.repositoryId, "expired"],
      [null, "refused"],
      [first.repositoryId, "proposed"],
    ]);
  });

  test("need none of their own while one for all of them is in force, whatever the votes have become", async () => {
    const first = await seedPlace();
    const second = await seedPlace(first.ownerId);
    await say(first, voted(8, "-1"));
    await say(second, voted(1, "-1"));
    await propose();
    await decide("approved");
    await say(second, voted(12, "+1"));
    expect(await propose()).toEqual({ proposed: 0, refreshed: 0, expired: 0 });
    expect(await states()).toEqual(["approved"]);
  });

  test("of another owner do not count", async () => {
    const [mine, other] = [await seedPlace(), await seedPlace()];
    await say(mine, voted(7, "-1"));
    await say(other, voted(7, "-1"));
    expect(await propose()).toMatchObject({ proposed: 0 });
  });

  test("take their votes along to a new owner", async () => {
    const place = await seedPlace();
    await say(place, voted(8, "-1"));
    await propose();
    const ownerId = await seedOwner(db);
    await db.update(repositories).set({ ownerId });
    expect(await propose()).toEqual({ proposed: 1, refreshed: 0, expired: 1 });
    expect((await stored()).map((one) => [one.ownerId, one.state])).toEqual([
      [place.ownerId, "expired"],
      [ownerId, "proposed"],
    ]);
  });
});

describe("a proposal", () => {
  test("is the same one at the next pass, with the votes of then", async () => {
    const place = await seedPlace();
    await say(place, voted(8, "-1"));
    await propose();
    const [before] = await stored();
    await say(place, voted(1, "-1"));
    expect(await propose()).toEqual({ proposed: 0, refreshed: 1, expired: 0 });
    const [after, ...others] = await stored();
    expect(others).toEqual([]);
    const known = { id: before?.id, proposedAt: before?.proposedAt, expiresAt: before?.expiresAt };
    expect(after).toMatchObject({ ...known, state: "proposed", evidence: { votes: { down: 9 } } });
  });

  test("lapses when people do not dislike it any more, and comes back when they do", async () => {
    const place = await seedPlace();
    await say(place, voted(8, "-1"));
    await propose();
    await say(place, voted(3, "+1"));
    expect(await propose()).toEqual({ proposed: 0, refreshed: 0, expired: 1 });
    expect(await stored()).toMatchObject([{ state: "expired", decidedAt: null, decidedBy: null }]);
    expect(await propose()).toEqual({ proposed: 0, refreshed: 0, expired: 0 });
    await say(place, voted(20, "-1"));
    await propose();
    expect(await states()).toEqual(["expired", "proposed"]);
  });

  test("lapses undecided after 90 days, however it stands, and is made anew on the votes of then", async () => {
    const place = await seedPlace();
    await say(place, voted(8, "-1"));
    await propose();
    await say(place, voted(8, "-1", { daysAgo: -60 }));
    await using _almost = await advanceClock(db, 90 * dayMs - 60_000);
    expect(await propose()).toMatchObject({ proposed: 0, refreshed: 1 });
    await using _past = await advanceClock(db, 120_000);
    expect(await decide("approved")).toBe("expired");
    expect(await propose()).toEqual({ proposed: 1, refreshed: 0, expired: 1 });
    expect(await states()).toEqual(["expired", "proposed"]);
  });

  test("goes with its owner", async () => {
    await say(await seedPlace(), voted(8, "-1"));
    await propose();
    await db.execute(sql`truncate tasks cascade`);
    await db.execute(sql`delete from pull_requests`);
    await db.execute(sql`delete from repositories`);
    await db.delete(owners);
    expect(await stored()).toEqual([]);
  });
});

describe("a decision", () => {
  test("to approve holds for its days, untouched by what people think meanwhile, and then ends", async () => {
    const place = await seedPlace();
    await say(place, voted(8, "-1"));
    await propose();
    expect(await decide("approved", 30)).toBeNull();
    const [approved] = await stored();
    expect(approved).toMatchObject({ state: "approved", decidedBy: "ada" });
    expect(Number(approved?.expiresAt) - Number(approved?.decidedAt)).toBe(30 * dayMs);
    await say(place, voted(20, "+1"));
    expect(await propose()).toEqual({ proposed: 0, refreshed: 0, expired: 0 });
    expect(await stored()).toEqual(approved ? [approved] : []);
    expect(await decide("approved")).toBe("already_approved");

    await using _clock = await advanceClock(db, 30 * dayMs + 60_000);
    expect(await decide("refused")).toBe("expired");
    expect(await propose()).toEqual({ proposed: 0, refreshed: 0, expired: 1 });
    expect(await states()).toEqual(["expired"]);
  });

  test("to refuse keeps the same from being proposed for 90 days, and nothing else", async () => {
    const place = await seedPlace();
    await say(place, voted(8, "-1"));
    await propose();
    expect(await decide("refused")).toBeNull();
    expect(await decide("refused")).toBe("already_refused");
    await say(place, voted(8, "-1"));
    await say(place, voted(8, "-1", { ruleId: "go/defer-in-loop" }));
    expect(await propose()).toMatchObject({ proposed: 1 });
    expect((await stored()).map(({ subject }) => subject)).toEqual([
      "javascript/debugger",
      "go/defer-in-loop",
    ]);

    await say(place, voted(8, "-1", { daysAgo: -60 }));
    await using _almost = await advanceClock(db, 90 * dayMs - 60_000);
    expect(await propose()).toMatchObject({ proposed: 0 });
    await using _past = await advanceClock(db, 120_000);
    await propose();
    const again = (await stored()).filter(({ subject }) => subject === "javascript/debugger");
    expect(again.map(({ state }) => state)).toEqual(["refused", "proposed"]);
  });

  test("to refuse ends what is in force", async () => {
    await say(await seedPlace(), voted(8, "-1"));
    await propose();
    await decide("approved", 7);
    expect(await decide("refused")).toBeNull();
    expect(await propose()).toEqual({ proposed: 0, refreshed: 0, expired: 0 });
    expect(await states()).toEqual(["refused"]);
  });

  test("to approve takes a refusal back, and the pass after it leaves that as it is", async () => {
    await say(await seedPlace(), voted(8, "-1"));
    await propose();
    await decide("refused");
    expect(await decide("approved", 7)).toBeNull();
    expect(await propose()).toEqual({ proposed: 0, refreshed: 0, expired: 0 });
    expect(await states()).toEqual(["approved"]);
  });

  test("about what is gone is told so", async () => {
    const decision = { state: "approved", days: 1, by: "ada" } as const;
    expect(await decideSuppression(serve, Bun.randomUUIDv7(), decision)).toBe("unknown");
  });
});

describe("at the same time", () => {
  test("several passes propose once", async () => {
    await say(await seedPlace(), voted(8, "-1"));
    const counts = await Promise.all([propose(), propose(), propose(), propose()]);
    expect(counts.map(({ proposed }) => proposed).sort()).toEqual([0, 0, 0, 1]);
    expect(await states()).toEqual(["proposed"]);
  });

  test.each(["approved", "refused"] as const)(
    "passes and the decision %s end in what was decided",
    async (state) => {
      const place = await seedPlace();
      await say(place, voted(8, "-1"));
      for (let round = 0; round < 10; round++) {
        await db.delete(suppressions);
        await propose();
        const [decided] = await Promise.all([decide(state), propose(), propose()]);
        expect(decided).toBeNull();
        expect(await states()).toEqual([state]);
      }
    },
  );

  test("a decision that is under way when a pass begins is not proposed over", async () => {
    const place = await seedPlace();
    await say(place, voted(8, "-1"));
    await propose();
    const refused = Promise.withResolvers<void>();
    const commit = Promise.withResolvers<void>();
    const deciding = db.transaction(async (tx) => {
      await tx.update(suppressions).set({ state: "refused", decidedAt: new Date(), decidedBy: "ada" });
      refused.resolve();
      await commit.promise;
    });
    await refused.promise;
    const pass = propose();
    await waitingForLock();
    commit.resolve();
    await deciding;
    expect(await pass).toEqual({ proposed: 0, refreshed: 0, expired: 0 });
    expect(await states()).toEqual(["refused"]);
  });

  test("of two who approve one does, and of two who refuse", async () => {
    await say(await seedPlace(), voted(8, "-1"));
    await propose();
    const approvals = await Promise.all([decide("approved"), decide("approved"), decide("approved")]);
    expect(approvals.sort()).toEqual(["already_approved", "already_approved", null]);
    const refusals = await Promise.all([decide("refused"), decide("refused")]);
    expect(refusals.sort()).toEqual(["already_refused", null]);
  });
});

async function waitingForLock(): Promise<void> {
  await eventually(async () => {
    const waiting = await db.execute(sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        and application_name = 'reviewd test syncer'`);
    expect(waiting).toHaveLength(1);
  });
}
