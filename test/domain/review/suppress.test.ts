/** What a suppression keeps from being said: over the whole way of a review, against fakehub. */
import { afterAll, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { suppressions } from "../../../src/adapters/postgres/schema.ts";
import { seedPullRequest } from "../../support/seed.ts";
import { type Opened, type ReviewWorld, startReviewWorld } from "./review-world.ts";

const world: ReviewWorld = await startReviewWorld();
afterAll(() => world.close());

type NewSuppression = typeof suppressions.$inferInsert;

const hourMs = 3_600_000;

/** Opens a pull request of an owner of its own, with one finding of the rule `mark`. */
async function openPullRequest(): Promise<Opened> {
  return await world.openPullRequest({ "src/a.ts": "let a = 1;\n// FIND high: first\n" });
}

async function suppress({ ids }: Opened, values: Partial<NewSuppression> = {}): Promise<void> {
  await world.database.db.insert(suppressions).values({
    id: Bun.randomUUIDv7(),
    ownerId: ids.ownerId,
    repositoryId: ids.repositoryId,
    kind: "rule",
    subject: "mark",
    state: "approved",
    evidence: {},
    decidedAt: new Date(),
    decidedBy: "ada",
    expiresAt: new Date(Date.now() + hourMs),
    ...values,
  });
}

async function review(opened: Opened) {
  const [finding] = await world.findings(await world.review(opened));
  return { comments: opened.pull.inlineComments().length, why: finding?.withheldReason };
}

const isSaid = { comments: 1, why: null };
const isHeldBack = { comments: 0, why: "suppressed" } as const;

describe("an approved suppression", () => {
  test("holds back what it is about, and the summary says so", async () => {
    const opened = await openPullRequest();
    await suppress(opened);
    expect(await review(opened)).toEqual(isHeldBack);
    const [summary] = opened.pull.issueComments();
    expect(summary?.body).toContain("Not said: 1 of a kind that is suppressed here.");
    expect(summary?.body).toContain("Suppressed here, as it was often disliked: rule `mark`.");
  });

  test("of an owner holds in all its repositories", async () => {
    const opened = await openPullRequest();
    await suppress(opened, { repositoryId: null });
    expect(await review(opened)).toEqual(isHeldBack);
  });

  test("of one repository does not hold in the owner's others, nor in another owner's", async () => {
    const [opened, another] = [await openPullRequest(), await openPullRequest()];
    const other = await seedPullRequest(world.database.db, opened.ids.ownerId);
    await suppress(opened, { repositoryId: other.repositoryId });
    await suppress(another, { repositoryId: null });
    expect(await review(opened)).toEqual(isSaid);
  });

  test("that was ended keeps nothing from being said at the next review, and that once", async () => {
    const opened = await openPullRequest();
    await suppress(opened);
    expect(await review(opened)).toEqual(isHeldBack);
    await opened.pull.push({ files: { "other.ts": "let b = 2;\n" } });
    expect(await review(opened)).toEqual(isHeldBack);
    await world.database.db
      .update(suppressions)
      .set({ state: "refused" })
      .where(eq(suppressions.ownerId, opened.ids.ownerId));
    await opened.pull.push({ files: { "other.ts": "let b = 3;\n" } });
    expect(await review(opened)).toEqual(isSaid);
    await opened.pull.push({ files: { "other.ts": "let b = 4;\n" } });
    expect(await review(opened)).toEqual(isSaid);
  });

  test("ends at its time", async () => {
    const opened = await openPullRequest();
    await suppress(opened, { expiresAt: new Date(Date.now() - hourMs) });
    expect(await review(opened)).toEqual(isSaid);
  });
});

test.each(["proposed", "refused", "expired"] as const)("one that is %s holds nothing back", async (state) => {
  const opened = await openPullRequest();
  const undecided = { decidedAt: null, decidedBy: null };
  await suppress(opened, { state, ...(state === "proposed" ? undecided : {}) });
  expect(await review(opened)).toEqual(isSaid);
});
