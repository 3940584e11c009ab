import { afterAll, beforeEach, expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import { commands, owners, pullRequests, repositories } from "../../../src/adapters/postgres/schema.ts";
import { runCommand } from "../../../src/domain/command/run-command.ts";
import { files, startCommandWorld } from "./command-world.ts";

const world = await startCommandWorld();
const { db } = world.database;
const { open, claimed, settleIt: settle, rowOf, replyOf } = world;
afterAll(() => world.close());
beforeEach(() => world.clear());

test("a review of a closed pull request is refused with a word", async () => {
  const opened = await open();
  await db.update(pullRequests).set({ state: "closed" }).where(eq(pullRequests.id, opened.ids.pullRequestId));
  const command = await claimed(opened, { name: "review" });
  expect(await settle(command)).toMatchObject({ status: "refused", reason: "closed" });
  expect(await replyOf(command)).toMatchObject({ payload: { body: expect.stringContaining("is closed") } });
});

test("a review that the owner's plan does not allow says so", async () => {
  const opened = await open();
  await db.update(owners).set({ plan: "blocked" }).where(eq(owners.id, opened.ids.ownerId));
  const command = await claimed(opened, { name: "review" });
  expect(await settle(command)).toMatchObject({ status: "done", reason: "review_skipped" });
  expect(await replyOf(command)).toMatchObject({ payload: { body: expect.stringContaining("plan") } });
});

test("what is dismissed is what is open, and where nothing is, that is said", async () => {
  const opened = await open();
  await world.review(opened);
  await opened.pull.push({ files: { "src/a.ts": "const b = 2;\n" } });
  await world.review(opened);
  const command = await claimed(opened, { name: "resolve" });
  expect(await settle(command)).toMatchObject({ status: "done", reason: "no_change" });
  expect(await replyOf(command)).toMatchObject({
    payload: { body: expect.stringContaining("There is no open finding") },
  });
  await opened.pull.push({ files });
  const comesBack = await world.findings(await world.review(opened));
  expect(comesBack.map(({ disposition }) => disposition)).toEqual(["inline"]);
});

test("where nothing is written to the forge, a reply is kept and not posted", async () => {
  const opened = await open();
  await db
    .update(repositories)
    .set({ reviewMode: "dry_run" })
    .where(eq(repositories.id, opened.ids.repositoryId));
  const command = await claimed(opened);
  expect(await settle(command)).toMatchObject({ status: "done" });
  expect(await replyOf(command)).toMatchObject({ state: "abandoned" });
});

test("where the App is not installed any more, nothing is asked", async () => {
  const opened = await open();
  await world.uninstall(opened);
  const command = await claimed(opened);
  expect(await settle(command)).toMatchObject({ status: "failed", reason: "not_installed" });
  expect(await replyOf(command)).toBeUndefined();
});

test("whoever may not gets no reply, also where one who may would be told something", async () => {
  const opened = await open();
  const first = await claimed(opened, { name: "review" });
  expect(await settle(first)).toMatchObject({ reason: "review_queued" });
  const stranger = { authorLogin: "mallory", authorExternalId: world.hub.user("mallory").id };
  const second = await claimed(opened, { name: "review", ...stranger });
  expect(await settle(second)).toEqual({ status: "refused", reason: "no_permission" });
  expect(await replyOf(second)).toBeUndefined();
});

test("whoever has the login of one who may, and is another account, may not", async () => {
  const opened = await open();
  const command = await claimed(opened, { name: "pause", authorExternalId: world.hub.user("mallory").id });
  expect(await settle(command)).toEqual({ status: "refused", reason: "no_permission" });
  expect(await replyOf(command)).toBeUndefined();
});

const permission = "GET /repos/{owner}/{repo}/collaborators/{username}/permission";

test.each([
  ["breaks", { status: 502, times: 20 }],
  ["does not answer", { hang: true, times: 20 }],
  ["limits", { status: 429, times: 20, headers: { "retry-after": "60" } }],
])("while the forge %s, nobody may, and it is asked again only so often", async (_, fault) => {
  const opened = await open();
  const command = await claimed(opened, { name: "pause" });
  world.hub.fail(permission, fault);
  expect(await settle(command)).toEqual({ status: "delayed" });
  expect(await rowOf(command)).toMatchObject({ status: "pending", attemptCount: 1 });
  await db.update(commands).set({ status: "running", workerId: command.workerId });
  const refused = { status: "refused", reason: "permission_unknown" } as const;
  expect(await settle({ ...command, attemptCount: 5 })).toEqual(refused);
  world.hub.clearFaults();
  const [row] = await db.select().from(pullRequests).where(eq(pullRequests.id, opened.ids.pullRequestId));
  expect(row?.pausedAt).toBeNull();
  expect(await replyOf(command)).toBeUndefined();
});

test("a pause holds, however soon it is asked for again", async () => {
  const opened = await open();
  for (const name of ["pause", "resume", "pause"] as const)
    expect(await settle(await claimed(opened, { name }))).toMatchObject({ status: "done" });
  const [row] = await db.select().from(pullRequests).where(eq(pullRequests.id, opened.ids.pullRequestId));
  expect(row?.pausedAt).not.toBeNull();
});

test("a head is reviewed again on request for another base, and where the model was not there", async () => {
  const opened = await open();
  const request = async () => {
    const command = await claimed(opened, { name: "review" });
    const outcome = await settle(command);
    await db.update(commands).set({ createdAt: sql`created_at - interval '1 minute'` });
    return { ...outcome, taskId: (await rowOf(command))?.taskId ?? "" };
  };
  const first = await request();
  expect(first).toMatchObject({ reason: "review_queued" });
  await world.settle(await world.claim(first.taskId), { kind: "completed", reason: "model_fallback" });
  const second = await request();
  expect(second).toMatchObject({ reason: "review_queued" });
  await world.settle(await world.claim(second.taskId), { kind: "completed", reason: "reviewed" });
  expect(await request()).toMatchObject({ status: "refused", reason: "already_done" });
  await db
    .update(pullRequests)
    .set({ baseRef: "release" })
    .where(eq(pullRequests.id, opened.ids.pullRequestId));
  expect(await request()).toMatchObject({ reason: "review_queued" });
});

test("a worker that lost the command changes nothing", async () => {
  const opened = await open();
  const command = await claimed(opened, { name: "pause" });
  await db.update(commands).set({ fence: command.fence + 1 });
  expect(
    await runCommand({ ...world.ctx, taskMaxAttempts: 3 }, command, new AbortController().signal),
  ).toBeNull();
  const [row] = await db.select().from(pullRequests).where(eq(pullRequests.id, opened.ids.pullRequestId));
  expect(row?.pausedAt).toBeNull();
  expect(await replyOf(command)).toBeUndefined();
});

test("a process that ends hands its command back", async () => {
  const opened = await open();
  const command = await claimed(opened);
  expect(await settle(command, null, AbortSignal.abort("released"))).toEqual({ status: "released" });
  expect(await rowOf(command)).toMatchObject({ status: "pending", attemptCount: 0, workerId: null });
});
