/** What is stored of a configuration decides whether a head is queued; the run reads the file and decides again. */
import { afterAll, afterEach, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { findStoredConfigurations } from "../../../src/adapters/postgres/repository-configurations.ts";
import { owners, pullRequests, repositoryConfigurations } from "../../../src/adapters/postgres/schema.ts";
import { findBrokenSeats } from "../../../src/adapters/postgres/seats.ts";
import type { ReviewSettings } from "../../../src/domain/configuration/review-settings.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { endRun } from "../../support/queue.ts";
import { createIntake } from "./intake-harness.ts";
import { commit, newPlace, type Place, pushPayload, second } from "./payloads.ts";

const intake = await createIntake();
const { db, pull, told } = intake;

afterEach(async () => {
  expect(await findBrokenSeats(db)).toEqual([]);
  await intake.clear();
});
afterAll(() => intake.close());

/** A repository that was seen before, and whose main branch is configured so. */
async function configured(settings: ReviewSettings, stale = false): Promise<Place> {
  const place = newPlace();
  await pull({ ...place, number: 1 }, { action: "closed", state: "closed" });
  const { id: repositoryId } = await intake.repositoryOf(place);
  const staleAt = stale ? new Date() : null;
  await db
    .insert(repositoryConfigurations)
    .values({ repositoryId, baseRef: "main", commitSha: commit("b"), settings, staleAt });
  return place;
}

test.each<readonly [string, ReviewSettings, Parameters<typeof pull>[1], string]>([
  ["a draft, where drafts are reviewed", { drafts: true }, { action: "opened", draft: true }, "pending"],
  ["a bot's, where bots' are", { bots: true }, { action: "opened", authorType: "Bot" }, "pending"],
  ["any, where none is", { enabled: false }, { action: "opened" }, "skipped disabled"],
  ["one without the label", { required_labels: ["ready"] }, { action: "opened" }, "skipped label_missing"],
  ["one with the label", { required_labels: ["ready"] }, { action: "opened", labels: ["Ready"] }, "pending"],
  [
    "a barred label",
    { excluded_labels: ["wip"] },
    { action: "opened", labels: ["wip"] },
    "skipped label_excluded",
  ],
  ["a fork's, where none are", { forks: "off" }, { action: "opened", fromFork: true }, "skipped fork_policy"],
  [
    "a fork's, where the run has to ask",
    { forks: "members" },
    { action: "opened", fromFork: true },
    "pending",
  ],
  ["of another base", { enabled: false }, { action: "opened", base: "next" }, "pending"],
])("%s", async (_name, settings, options, end) => {
  const place = await configured(settings);
  await pull(place, options);
  expect(await told(place)).toEqual([`a ${end}`]);
});

test("where the file may have changed, the run decides", async () => {
  const place = await configured({ enabled: false, forks: "off" }, true);
  await pull(place, { action: "opened", draft: true, fromFork: true, authorType: "Bot" });
  expect(await told(place)).toEqual(["a pending"]);
});

test("an owner's settings decide where a repository says nothing, also before anything was read", async () => {
  const place = newPlace();
  await pull({ ...place, number: 1 }, { action: "closed", state: "closed" });
  const { ownerId } = await intake.repositoryOf(place);
  await db
    .update(owners)
    .set({ reviewSettings: { drafts: true, bots: false } })
    .where(eq(owners.id, ownerId));
  await pull(place, { action: "opened", draft: true });
  expect(await told(place)).toEqual(["a pending"]);
});

test("a label that the configuration names opens the gate, and closes it again", async () => {
  const place = await configured({ required_labels: ["ready"] });
  await pull(place, { action: "opened" });
  await pull(place, { action: "labeled", label: "Ready", labels: ["Ready"], at: second(1) });
  expect(await told(place)).toEqual(["a skipped label_missing", "a pending"]);
  await pull(place, { action: "unlabeled", label: "Ready", labels: [], at: second(2) });
  expect(await told(place)).toEqual(["a skipped label_missing", "a cancelled label_missing"]);
});

test("a paused pull request is not reviewed", async () => {
  const place = await configured({});
  await pull(place, { action: "opened", draft: true });
  const { id } = await intake.repositoryOf(place);
  await db.update(pullRequests).set({ pausedAt: new Date() }).where(eq(pullRequests.repositoryId, id));
  await pull(place, { action: "ready_for_review", at: second(1) });
  expect(await told(place)).toEqual(["a skipped draft", "a skipped paused"]);
});

test("an author from a fork gets so many reviews within a day, whatever is pushed to the heads they were of", async () => {
  const place = await configured({ fork_reviews_per_day: 2 });
  const open = (number: number, head: string, values: object = {}) =>
    pull({ ...place, number }, { action: "opened", fromFork: true, head: commit(head), ...values });
  await open(11, "a");
  await open(12, "b");
  await open(13, "c");
  await open(14, "d", { fromFork: false });
  await pull(
    { ...place, number: 11 },
    { action: "labeled", label: "x", labels: ["x"], head: commit("a"), fromFork: true, at: second(1) },
  );
  expect(await told(place)).toEqual(["a pending", "b pending", "c skipped author_limit", "d pending"]);
  await using _nextDay = await advanceClock(db, 25 * 3_600_000);
  await open(15, "e");
  expect((await told(place)).at(-1)).toBe("e pending");
});

test("what was skipped, or ended before it ran, does not count", async () => {
  const place = await configured({ fork_reviews_per_day: 1 });
  const own = { ...place, number: 11 };
  await pull(own, { action: "opened", fromFork: true });
  const push = { action: "synchronize", fromFork: true, before: commit("a"), head: commit("c") } as const;
  await pull(own, { ...push, at: second(1) });
  expect(await told(place)).toEqual(["a superseded new_head", "c pending"]);
  const [task] = await intake.claim();
  if (!task) throw new Error("nothing was ready");
  await endRun(intake.ctx, task, { kind: "skipped", reason: "fork_policy" });
  await pull({ ...place, number: 12 }, { action: "opened", fromFork: true, head: commit("d") });
  expect(await told(place)).toEqual(["a superseded new_head", "c skipped fork_policy", "d pending"]);
});

test("a run that is skipped for a reason that its head was skipped for before ends so all the same", async () => {
  const place = await configured({});
  await pull(place, { action: "opened", draft: true });
  await pull(place, { action: "ready_for_review", at: second(1) });
  const [task] = await intake.claim();
  if (!task) throw new Error("nothing was ready");
  await endRun(intake.ctx, task, { kind: "skipped", reason: "draft" });
  expect(await told(place)).toEqual(["a skipped draft", "a skipped draft"]);
  await pull(place, { action: "converted_to_draft", draft: true, at: second(2) });
  expect(await told(place)).toEqual(["a skipped draft", "a skipped draft"]);
});

test("a push to the file marks what is stored of its branch, and of no other", async () => {
  const place = await configured({ forks: "off" });
  const { id } = await intake.repositoryOf(place);
  const stored = async () =>
    (await findStoredConfigurations(db, id))
      .map(({ baseRef, staleAt, settings }) => ({ baseRef, stale: staleAt !== null, settings }))
      .toSorted((a, b) => a.baseRef.localeCompare(b.baseRef));
  const push = (ref: string, path: string) =>
    intake.send("push", pushPayload(place, { ref, changed: [[path]] }));
  expect(await push("refs/heads/main", "src/a.ts")).toMatchObject({ outcome: "ignored" });
  expect(await push("refs/heads/next", ".reviewd.yml")).toMatchObject({
    outcome: "recorded",
    reason: "configuration",
  });
  const main = { baseRef: "main", stale: false, settings: { forks: "off" } };
  const next = { baseRef: "next", stale: true, settings: {} };
  expect(await stored()).toEqual([main, next]);
  await push("refs/heads/main", ".reviewd.yml");
  expect(await stored()).toEqual([{ ...main, stale: true }, next]);
  expect(await intake.send("push", pushPayload(newPlace(), { changed: [[".reviewd.yml"]] }))).toMatchObject({
    reason: "unknown_repository",
  });
});
