import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { findBrokenSeats } from "../../../src/adapters/postgres/seats.ts";
import { receiveDelivery } from "../../../src/domain/delivery/receive-delivery.ts";
import { createIntake, host } from "./intake-harness.ts";
import { commit, newPlace, pullRequestPayload, second } from "./payloads.ts";

const intake = await createIntake();
const { db, send, pull } = intake;

afterEach(async () => {
  expect(await findBrokenSeats(db)).toEqual([]);
  await intake.clear();
});
afterAll(() => intake.close());

test("one delivery leaves its row, the facts and a task that is ready to be claimed", async () => {
  const place = newPlace();
  const received = await pull(place, { action: "opened" }, "first");
  expect(received).toMatchObject({ outcome: "queued", reason: "new_task" });

  const [task] = await intake.tasksOf(place);
  expect(task).toMatchObject({
    id: received.taskId,
    ...{ trigger: "webhook", outputMode: "forge", status: "pending", placement: "ready" },
    ...{ headSha: commit("a"), baseRef: "main", maxAttempts: 3 },
  });
  expect(await intake.deliveryOf("first")).toMatchObject({
    ...{ forge: "github", host, event: "pull_request", action: "opened" },
    ...{ outcome: "queued", reason: "new_task", taskId: received.taskId, error: null, repeatCount: 0 },
    ...{ repository: place.fullName, pullRequestNumber: 7 },
  });
  expect(await intake.ownerOf(place)).toMatchObject({
    login: place.login,
    kind: "organization",
    maxRunning: 4,
  });
  expect(await intake.installationOf(place)).toMatchObject({ host, status: "active" });
  expect(await intake.repositoryOf(place)).toMatchObject({ fullName: place.fullName, defaultBranch: "main" });
  expect(await intake.pullRequestOf(place)).toMatchObject({ number: 7, state: "open", headSha: commit("a") });
});

describe("a delivery that comes again", () => {
  test("is a duplicate, counted on the first one's row", async () => {
    const place = newPlace();
    const id = crypto.randomUUID();
    await pull(place, { action: "opened" }, id);
    expect(await pull(place, { action: "opened" }, id)).toMatchObject({ outcome: "duplicate" });
    expect(await intake.tasksOf(place)).toHaveLength(1);
    expect(await intake.deliveryOf(id)).toMatchObject({ outcome: "queued", repeatCount: 1 });
  });

  test("ten times at once does the work once", async () => {
    const place = newPlace();
    const id = crypto.randomUUID();
    const all = await Promise.all(Array.from({ length: 10 }, () => pull(place, { action: "opened" }, id)));
    expect(all.map(({ outcome }) => outcome).sort()).toEqual([...Array(9).fill("duplicate"), "queued"]);
    expect(await intake.tasksOf(place)).toHaveLength(1);
    expect(await intake.deliveryOf(id)).toMatchObject({ outcome: "queued", repeatCount: 9 });
  });

  test("an ignored one is final, too", async () => {
    const id = crypto.randomUUID();
    await send("workflow_run", {}, id);
    expect(await send("workflow_run", {}, id)).toMatchObject({ outcome: "duplicate" });
  });
});

describe("a delivery whose work failed", () => {
  async function withoutTasks<T>(work: () => Promise<T>): Promise<T> {
    await db.execute(sql`alter table tasks rename to tasks_away`);
    try {
      return await work();
    } finally {
      await db.execute(sql`alter table tasks_away rename to tasks`);
    }
  }

  test("leaves nothing but its row with the error, and a redelivery does the work", async () => {
    const place = newPlace();
    const id = crypto.randomUUID();
    const attempt = withoutTasks(() => pull(place, { action: "opened" }, id));
    await expect(attempt).rejects.toThrow();
    expect(await intake.ownerOf(place)).toBeNull();
    const failed = await intake.deliveryOf(id);
    expect(failed).toMatchObject({ outcome: "failed", reason: "internal_error", taskId: null });
    // The driver's own words, not the statement with its parameters.
    expect(failed?.error).toBe('relation "tasks" does not exist');

    expect(await pull(place, { action: "opened" }, id)).toMatchObject({ outcome: "queued" });
    expect(await intake.deliveryOf(id)).toMatchObject({ outcome: "queued", error: null, repeatCount: 1 });
  });

  test("redelivered five times at once does the work once", async () => {
    const place = newPlace();
    const id = crypto.randomUUID();
    await withoutTasks(() => pull(place, { action: "opened" }, id).catch(() => {}));
    const all = await Promise.all(Array.from({ length: 5 }, () => pull(place, { action: "opened" }, id)));
    expect(all.map(({ outcome }) => outcome).sort()).toEqual([...Array(4).fill("duplicate"), "queued"]);
    expect(await intake.tasksOf(place)).toHaveLength(1);
  });

  test("does not take back what another call with its id has done", async () => {
    const place = newPlace();
    const id = crypto.randomUUID();
    await pull(place, { action: "opened" }, id);
    await expect(send("pull_request", { action: "opened" }, id)).rejects.toThrow("not one of the event");
    expect(await intake.deliveryOf(id)).toMatchObject({ outcome: "queued", error: null });
  });
});

describe("a body that is no payload is refused and found again", () => {
  test.each([
    ["malformed JSON", "{"],
    ["no object", "[]"],
    ["null", "null"],
    ["truncated UTF-8", Buffer.from('{"zen":"é"}').subarray(0, 9)],
    ["endless nesting", "[".repeat(2_000_000)],
  ])("%s", async (_, body) => {
    const deliveryId = crypto.randomUUID();
    const settings = { forge: "github", host, ownerMaxRunning: 4, taskMaxAttempts: 3 } as const;
    const webhook = { deliveryId, event: "ping", body: Buffer.from(body) };
    await expect(receiveDelivery(intake.ctx, settings, webhook)).rejects.toMatchObject({
      code: "invalid_input",
    });
    expect(await intake.deliveryOf(deliveryId)).toMatchObject({
      outcome: "failed",
      reason: "invalid_payload",
    });
  });
});

test("many events of one pull request at once end without deadlock and with at most one task per head", async () => {
  const place = newPlace();
  const heads = ["a", "c", "d", "e", "f"].map(commit);
  const pushes = heads.map((head, i) =>
    i === 0
      ? pullRequestPayload(place, { action: "opened", head })
      : pullRequestPayload(place, { action: "synchronize", head, before: heads[i - 1] ?? "", at: second(i) }),
  );
  const others = ["labeled", "edited", "assigned"].flatMap((action) =>
    heads.map((head, i) => pullRequestPayload(place, { action, head, at: second(i) })),
  );
  const said = { action: "created", issue: { number: 7, pull_request: {} }, comment: { id: 1 } };
  const comments = heads.map(() => ({ ...pushes[0], ...said, pull_request: undefined }));
  await Promise.all([
    ...[...pushes, ...others].map((payload) => send("pull_request", payload)),
    ...comments.map((payload) => send("issue_comment", payload)),
  ]);
  expect(await intake.pullRequestOf(place)).toMatchObject({ headSha: commit("f") });
  const live = (await intake.tasksOf(place)).filter(({ status }) => status === "pending");
  expect(live.map(({ headSha }) => headSha)).toEqual([commit("f")]);
});

test("many pull requests of many new owners at once end without deadlock", async () => {
  const places = Array.from({ length: 12 }, () => newPlace());
  const events = places.flatMap((place) =>
    [1, 2, 3].map((number) => pull({ ...place, number }, { action: "opened" })),
  );
  expect((await Promise.all(events)).map(({ outcome }) => outcome)).toEqual(Array(36).fill("queued"));
});
