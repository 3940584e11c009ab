import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import { owners, repositories, tasks } from "../../../src/adapters/postgres/schema.ts";
import { findBrokenSeats } from "../../../src/adapters/postgres/seats.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import type { RunOutcome } from "../../../src/domain/task/settlement.ts";
import { endRun } from "../../support/queue.ts";
import { newTask } from "../../support/seed.ts";
import { createIntake } from "./intake-harness.ts";
import { commit, newPlace, type Place, second } from "./payloads.ts";

const intake = await createIntake();
const { db, pull, told } = intake;

afterEach(async () => {
  expect(await findBrokenSeats(db)).toEqual([]);
  await intake.clear();
});
afterAll(() => intake.close());

const push = (head: string, before: string, seconds: number) =>
  ({ action: "synchronize", head: commit(head), before: commit(before), at: second(seconds) }) as const;

async function openedPlace(): Promise<Place> {
  const place = newPlace();
  await pull(place, { action: "opened" });
  return place;
}

async function run(outcome: RunOutcome): Promise<void> {
  const [task] = await intake.claim();
  if (!task) throw new Error("nothing was ready");
  await endRun(intake.ctx, task, outcome);
}
const reviewed = { kind: "completed", reason: "reviewed" } as const;

async function insertManual(place: Place): Promise<string> {
  const { id, repositoryId } = await intake.pullRequestOf(place);
  const { ownerId } = await intake.repositoryOf(place);
  const manual = newTask({ ownerId, repositoryId, pullRequestId: id }, { trigger: "manual" });
  return (await db.transaction((tx) => insertTask(tx, manual))).id;
}

describe("a push", () => {
  test("supersedes what waits for the older head", async () => {
    const place = await openedPlace();
    expect(await pull(place, push("c", "a", 1))).toMatchObject({ outcome: "queued" });
    expect(await told(place)).toEqual(["a superseded new_head", "c pending"]);
  });

  test("tells what runs for the older head to stop, and waits for its pull request", async () => {
    const place = await openedPlace();
    await intake.claim();
    await pull(place, push("c", "a", 1));
    expect(await told(place)).toEqual(["a running new_head", "c pending"]);
    expect((await intake.tasksOf(place)).map(({ placement }) => placement)).toEqual([null, "held"]);
  });

  test("leaves alone what a person asked for", async () => {
    const place = await openedPlace();
    await run(reviewed);
    const manualId = await insertManual(place);
    await pull(place, push("c", "a", 1));
    const [manual] = await db.select().from(tasks).where(eq(tasks.id, manualId));
    expect(manual).toMatchObject({ status: "pending", headSha: commit("a") });
  });

  test("that arrives late changes nothing: the newer head's task stays", async () => {
    const place = newPlace();
    await pull(place, push("d", "c", 2));
    expect(await pull(place, push("c", "a", 1))).toMatchObject({ outcome: "stale", reason: "older_event" });
    expect(await pull(place, { action: "opened" })).toMatchObject({ outcome: "stale" });
    expect(await told(place)).toEqual(["d pending"]);
    expect(await intake.pullRequestOf(place)).toMatchObject({ headSha: commit("d") });
  });

  test("within the second of the one before it counts in either order", async () => {
    for (const order of ["sent", "reversed"] as const) {
      const place = await openedPlace();
      const pushes = [push("c", "a", 1), push("d", "c", 1)];
      for (const one of order === "sent" ? pushes : pushes.toReversed()) await pull(place, one);
      expect(await intake.pullRequestOf(place)).toMatchObject({ headSha: commit("d") });
      expect((await told(place)).at(-1)).toBe("d pending");
    }
  });

  test("that forces the head back to a reviewed one queues nothing again", async () => {
    const place = await openedPlace();
    await run(reviewed);
    await pull(place, push("c", "a", 1));
    expect(await pull(place, push("a", "c", 2))).toMatchObject({
      outcome: "ignored",
      reason: "already_reviewed",
    });
    expect(await told(place)).toEqual(["a completed reviewed", "c superseded new_head"]);
  });

  test("that forces the head back to the one being reviewed lets its review go on", async () => {
    const place = await openedPlace();
    const [running] = await intake.claim();
    if (!running) throw new Error("nothing was ready");
    await pull(place, push("c", "a", 1));
    expect(await pull(place, push("a", "c", 2))).toMatchObject({
      outcome: "queued",
      reason: "review_resumed",
    });
    expect(await told(place)).toEqual(["a running", "c superseded new_head"]);
    // Its worker had seen the stop already: the task is handed back, not lost.
    await endRun(intake.ctx, running, { kind: "stopped" });
    expect(await told(place)).toEqual(["a pending released", "c superseded new_head"]);
  });

  test("does not bring a stop back that a person asked for", async () => {
    const place = await openedPlace();
    await intake.claim();
    await db.update(tasks).set({ stopRequested: "requested" });
    expect(await pull(place, { action: "reopened", at: second(1) })).toMatchObject({
      reason: "already_running",
    });
    expect(await told(place)).toEqual(["a running requested"]);
  });
});

describe("closing", () => {
  test("cancels everything unfinished, also what a person asked for", async () => {
    const place = await openedPlace();
    await intake.claim();
    await insertManual(place);
    const closed = { action: "closed", state: "closed", merged: true, at: second(1) } as const;
    expect(await pull(place, closed)).toMatchObject({ outcome: "cancelled", reason: "merged" });
    expect(await told(place)).toEqual(["a running closed", "a cancelled closed"]);
    expect(await intake.pullRequestOf(place)).toMatchObject({ state: "closed", merged: true });
  });

  test("is recorded where nothing was left to cancel, and can be undone", async () => {
    const place = await openedPlace();
    await run({ kind: "failed", reason: "internal_error", error: "x" });
    const closed = { action: "closed", state: "closed", at: second(1) } as const;
    expect(await pull(place, closed)).toMatchObject({ outcome: "recorded", reason: "closed" });
    expect(await pull(place, { action: "reopened", at: second(2) })).toMatchObject({ outcome: "queued" });
    expect(await told(place)).toEqual(["a failed internal_error", "a pending"]);
  });

  test("and reopening at once lets the running review go on", async () => {
    const place = await openedPlace();
    await intake.claim();
    await pull(place, { action: "closed", state: "closed", at: second(1) });
    await pull(place, { action: "reopened", at: second(2) });
    expect(await told(place)).toEqual(["a running"]);
  });

  test("that arrives after the reopening changes nothing", async () => {
    const place = await openedPlace();
    await pull(place, { action: "reopened", at: second(2) });
    const closed = { action: "closed", state: "closed", at: second(1) } as const;
    expect(await pull(place, closed)).toMatchObject({ outcome: "stale" });
    expect(await told(place)).toEqual(["a pending"]);
  });
});

describe("the gates", () => {
  test("a draft is skipped until it is ready", async () => {
    const place = newPlace();
    expect(await pull(place, { action: "opened", draft: true })).toMatchObject({
      outcome: "skipped",
      reason: "draft",
    });
    expect(await pull(place, { action: "ready_for_review", at: second(1) })).toMatchObject({
      outcome: "queued",
    });
    expect(await told(place)).toEqual(["a skipped draft", "a pending"]);
  });

  test("becoming a draft ends the review that has begun, after superseding", async () => {
    const place = await openedPlace();
    await pull(place, { action: "converted_to_draft", draft: true, at: second(1) });
    expect(await told(place)).toEqual(["a cancelled draft", "a skipped draft"]);
  });

  test("a push to a draft supersedes the older head, then is skipped", async () => {
    const place = await openedPlace();
    await pull(place, { ...push("c", "a", 1), draft: true });
    expect(await told(place)).toEqual(["a superseded new_head", "c skipped draft"]);
  });

  test("a bot's pull request is skipped, whoever sends the event", async () => {
    const place = newPlace();
    const opened = { action: "opened", authorType: "Bot", senderType: "Bot" } as const;
    expect(await pull(place, opened)).toMatchObject({ outcome: "skipped", reason: "bot_author" });
    await pull(place, { ...opened, ...push("c", "a", 1) });
    expect(await told(place)).toEqual(["a skipped bot_author", "c skipped bot_author"]);
  });

  test("a bot's push to a person's pull request is a push like any other", async () => {
    const place = await openedPlace();
    await pull(place, { ...push("c", "a", 1), senderType: "Bot" });
    expect(await told(place)).toEqual(["a superseded new_head", "c pending"]);
  });

  async function withMode(place: Place, reviewMode: "off" | "label" | "dry_run") {
    await pull(place, { action: "opened", draft: true });
    await intake.clear();
    await db.update(repositories).set({ reviewMode }).where(eq(repositories.externalId, place.repositoryId));
    return place;
  }

  test("a repository that is off is skipped", async () => {
    const place = await withMode(newPlace(), "off");
    await pull(place, { action: "ready_for_review", at: second(1) });
    expect(await told(place)).toEqual(["a skipped repository_off"]);
  });

  test("where a label asks for reviews, it opens and closes the gate", async () => {
    const place = await withMode(newPlace(), "label");
    await pull(place, { action: "ready_for_review", at: second(1) });
    await pull(place, { action: "labeled", label: "bug", labels: ["bug"], at: second(2) });
    expect(await told(place)).toEqual(["a skipped label_missing"]);
    await pull(place, { action: "labeled", label: "reviewd", labels: ["bug", "reviewd"], at: second(3) });
    expect(await told(place)).toEqual(["a skipped label_missing", "a pending"]);
    await pull(place, { action: "unlabeled", label: "reviewd", labels: ["bug"], at: second(4) });
    expect(await told(place)).toEqual(["a skipped label_missing", "a cancelled label_missing"]);
  });

  test("a dry run is reviewed without publishing", async () => {
    const place = await withMode(newPlace(), "dry_run");
    await pull(place, { action: "ready_for_review", at: second(1) });
    expect(await intake.tasksOf(place)).toMatchObject([{ status: "pending", outputMode: "app" }]);
  });

  test("a blocked owner's are skipped", async () => {
    const place = await openedPlace();
    await db.update(owners).set({ plan: "blocked" }).where(eq(owners.externalId, place.ownerId));
    await pull(place, push("c", "a", 1));
    expect(await told(place)).toEqual(["a superseded new_head", "c skipped plan_blocked"]);
  });
});

describe("another base", () => {
  test("is another diff: the head is reviewed anew", async () => {
    const place = await openedPlace();
    const edited = { action: "edited", base: "release", formerBase: "main", at: second(1) } as const;
    expect(await pull(place, edited)).toMatchObject({ outcome: "queued" });
    expect(await told(place)).toEqual(["a superseded retargeted", "a pending"]);
  });

  test("another title is not", async () => {
    const place = await openedPlace();
    expect(await pull(place, { action: "edited", at: second(1) })).toMatchObject({
      outcome: "ignored",
      reason: "no_change",
    });
    expect(await told(place)).toEqual(["a pending"]);
  });
});

describe("names", () => {
  test("change, ids stay: a renamed repository and owner are the same rows", async () => {
    const place = await openedPlace();
    const before = await intake.repositoryOf(place);
    const renamed = { ...place, fullName: "acme-new/store", login: "acme-new" };
    await pull(renamed, push("c", "a", 1));
    expect(await intake.repositoryOf(place)).toMatchObject({ id: before.id, fullName: "acme-new/store" });
    expect(await intake.ownerOf(place)).toMatchObject({ id: before.ownerId, login: "acme-new" });
  });

  test("of an event that is late do not come back", async () => {
    const place = await openedPlace();
    await pull({ ...place, fullName: "acme/store" }, push("c", "a", 2));
    await pull(place, push("d", "a", 1));
    expect(await intake.repositoryOf(place)).toMatchObject({ fullName: "acme/store" });
  });
});

test("any event of a known pull request has its comments read soon, an old or unused one, too", async () => {
  const place = await openedPlace();
  const [task] = await intake.tasksOf(place);
  const { id: pullRequestId, repositoryId } = await intake.pullRequestOf(place);
  await db.execute(sql`
    with publication as (
      insert into publications (id, task_id, pull_request_id, kind, state, payload)
      values (${Bun.randomUUIDv7()}, ${task?.id ?? ""}, ${pullRequestId}, 'summary', 'intended', '{}') returning id)
    insert into review_comments (id, task_id, publication_id, pull_request_id, repository_id, forge, host, kind,
      external_id, node_id, url, posted_at)
    select ${Bun.randomUUIDv7()}, ${task?.id ?? ""}, publication.id, ${pullRequestId}, ${repositoryId}, 'github', 'github.test',
      'summary', 31, 'n', 'https://github.test', reviewd_now() from publication`);
  const closed = { action: "closed", state: "closed", at: second(9) } as const;
  const events = [
    { action: "assigned" },
    { ...push("c", "0", 0), at: "2020-01-01T00:00:00Z" },
    push("c", "a", 5),
    closed,
  ];
  for (const event of events) {
    await db.execute(sql`update review_comments set next_poll_at = null`);
    await pull(place, event);
    const [due] = await db.execute(sql`select next_poll_at <= reviewd_now() as due from review_comments`);
    expect(due).toEqual({ due: true });
  }
  const deleted = {
    action: "deleted",
    issue: { number: 7, pull_request: {} },
    comment: { id: 31 },
    repository: { id: place.repositoryId },
  };
  expect(await intake.send("issue_comment", deleted)).toMatchObject({ reason: "comment_deleted" });
  const [gone] = await db.execute(sql`select gone_at is not null as gone, next_poll_at from review_comments`);
  expect(gone).toEqual({ gone: true, next_poll_at: null });
  expect(await intake.send("issue_comment", deleted)).toMatchObject({
    outcome: "recorded",
    reason: "comment",
  });
});
