/** Commands in comments: done once, for those who may, with one reply, whatever dies or repeats. */
import { expect, test } from "bun:test";
import { asc, sql } from "drizzle-orm";
import { commands, modelCalls, pullRequests, reviewComments } from "../../src/adapters/postgres/schema.ts";
import type { PullRequestHandle } from "../fakehub/scenario/pull-request.ts";
import { eventually } from "../support/eventually.ts";
import { startModelServer } from "../support/model-server/model-server.ts";
import { problems, type System, startSystem, taskOf } from "./system.ts";

const cart = { author: "eve", title: "Add cart", branch: "cart", files: problems };
const permission = "GET /repos/{owner}/{repo}/collaborators/{username}/permission";
const postComment = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
const postInThread = "POST /repos/{owner}/{repo}/pulls/{pull_number}/comments";

/** A pull request that was reviewed, and somebody who may write to its repository. */
async function reviewed(system: System): Promise<PullRequestHandle> {
  system.repository.setRole("alice", "write");
  const pull = await system.repository.openPullRequest(cart);
  await taskOf(system, pull, "completed");
  return pull;
}

async function say(system: System, pull: PullRequestHandle, login: string, body: string): Promise<void> {
  await system.hub.user(login).comment(pull, body);
  await system.hub.webhooks.settled();
}

/** Waits until every command has ended; what became of them, oldest first. */
async function commandsOf(system: System, count: number) {
  return await eventually(async () => {
    const rows = await system.db.select().from(commands).orderBy(asc(commands.id));
    expect(rows.map(({ finishedAt }) => finishedAt !== null)).toEqual(Array(count).fill(true));
    return rows;
  });
}

function answers(system: System, pull: PullRequestHandle): readonly string[] {
  const { botLogin } = system.hub.app;
  // The summary is the one that was there first.
  const [, ...rest] = pull.issueComments().filter(({ author }) => author === botLogin);
  return rest.map(({ body }) => body);
}

async function expectAnswers(system: System, pull: PullRequestHandle, texts: readonly string[]) {
  await eventually(() => {
    const said = answers(system, pull);
    expect(said).toHaveLength(texts.length);
    for (const [index, text] of texts.entries()) expect(said[index]).toContain(text);
  });
}

test("a review is done on request, once for a head, and each request that was new got one reply", async () => {
  await using system = await startSystem();
  const pull = await reviewed(system);
  await say(system, pull, "alice", "Once more, please.\n\n/reviewd review");
  await eventually(async () => expect(await system.tasks()).toHaveLength(2));
  await eventually(async () => {
    const [, task] = await system.tasks();
    expect(task).toMatchObject({ trigger: "command", status: "completed", createdBy: "alice" });
    expect(task).toMatchObject({ scope: "changes", headSha: pull.headSha });
  });
  await expectAnswers(system, pull, [`A review of \`${pull.headSha.slice(0, 7)}\` is queued.`]);

  await say(system, pull, "alice", "/reviewd review");
  await say(system, pull, "alice", "/reviewd review full");
  const [first, second, third] = await commandsOf(system, 3);
  expect(first).toMatchObject({ status: "done", reason: "review_queued", headSha: pull.headSha });
  expect(second).toMatchObject({ status: "refused", reason: "cooldown", taskId: null });
  expect(third).toMatchObject({ status: "done", reason: "review_queued", name: "review_full" });
  await eventually(async () => {
    const [, , task] = await system.tasks();
    expect(task).toMatchObject({ trigger: "command", scope: "full", status: "completed" });
  });
  expect(await system.tasks()).toHaveLength(3);

  const known = await system.db.select().from(reviewComments);
  const answered = known.filter(({ kind }) => kind === "answer").map(({ externalId }) => externalId);
  const [, ...posted] = pull.issueComments().filter(({ author }) => author === system.hub.app.botLogin);
  expect(answered.sort()).toEqual(posted.map(({ id }) => id).sort());
  expect(pull.checks().filter(({ status }) => status !== "completed")).toEqual([]);
});

test("who may not write is not heard, and not answered", async () => {
  await using system = await startSystem();
  const pull = await reviewed(system);
  system.repository.setRole("tom", "triage");
  await say(system, pull, "tom", "/reviewd review");
  await say(system, pull, "mallory", "/reviewd pause");
  await say(system, pull, "mallory", "/reviewd help");
  for (const command of await commandsOf(system, 3))
    expect(command).toMatchObject({ status: "refused", reason: "no_permission" });
  await say(system, pull, "alice", "/reviewd help");
  await expectAnswers(system, pull, ["`/reviewd review full`"]);
  expect(await system.tasks()).toHaveLength(1);
  const [row] = await system.db.select().from(pullRequests);
  expect(row?.pausedAt).toBeNull();
});

test("a permission that cannot be found out is asked for again, and is none in the end", async () => {
  await using system = await startSystem();
  const pull = await reviewed(system);
  system.hub.fail(permission, { status: 502, times: 2 });
  await say(system, pull, "alice", "/reviewd help");
  expect(await commandsOf(system, 1)).toMatchObject([{ status: "done", reason: "shown" }]);
  await expectAnswers(system, pull, ["/reviewd resume"]);
  system.hub.fail(permission, { status: 403, body: { message: "Resource not accessible by integration" } });
  await say(system, pull, "alice", "/reviewd pause");
  const [, second] = await commandsOf(system, 2);
  expect(second).toMatchObject({ status: "refused", reason: "permission_unknown" });
  expect(answers(system, pull)).toHaveLength(1);
});

test("a pause holds back automatic reviews, and resuming makes up for them", async () => {
  await using system = await startSystem();
  const pull = await reviewed(system);
  await say(system, pull, "alice", "@fakehub-app pause\n/reviewd pause");
  await expectAnswers(system, pull, ["are paused"]);
  const head = await pull.push({ files: { "src/b.ts": "export const b = 1;\n" } });
  await system.hub.webhooks.settled();
  expect(await taskOf(system, pull, "skipped", head)).toMatchObject({ reason: "paused" });
  await say(system, pull, "alice", "/reviewd resume");
  await taskOf(system, pull, "completed", head);
  await expectAnswers(system, pull, ["are paused", "go on."]);
});

test("what is dismissed is not said again", async () => {
  await using system = await startSystem();
  const pull = await reviewed(system);
  await say(system, pull, "alice", "/reviewd resolve");
  await expectAnswers(system, pull, ["findings are dismissed"]);
  const before = pull.inlineComments().length;
  await say(system, pull, "alice", "/reviewd review full");
  await eventually(async () => {
    const [, task] = await system.tasks();
    expect(task?.status).toBe("completed");
  });
  expect(pull.inlineComments()).toHaveLength(before);
  await eventually(() => {
    const open = pull.inlineComments().filter((one) => !one.isResolved && one.minimizedReason === null);
    expect(open).toEqual([]);
  });
});

test("the configuration is shown with where it is from", async () => {
  await using system = await startSystem();
  await system.repository.push({ branch: "main", files: { ".reviewd.yml": "comment-budget: 3\n" } });
  const pull = await reviewed(system);
  await say(system, pull, "alice", "/reviewd config");
  await expectAnswers(system, pull, ["`.reviewd.yml`"]);
});

test("a question in the thread of a finding is answered there, by the model", async () => {
  await using model = await startModelServer(
    () => "Because **eval** runs what it is given. @alice <b>see</b>",
  );
  await using system = await startSystem({ roles: ["serve"] });
  const first = await system.start("dispatcher");
  const pull = await reviewed(system);
  const finding = pull.inlineComments().find(({ path }) => path === "src/cart.ts");
  if (!finding) throw new Error("nothing was found");
  await system.hub.user("alice").reply(finding, "/reviewd ask why is that bad?");
  await expectReplies(system, pull, ["No language model is set up here"]);
  await first.stop("SIGTERM");

  await system.start("dispatcher", { MODELS: "openai-compatible/scripted", ...model.environment });
  // The next question comes when the answer was read.
  await system.db.update(commands).set({ createdAt: sql`created_at - interval '1 minute'` });
  await system.hub.user("alice").reply(finding, `Hey @${system.hub.app.slug}, what else could I do?`);
  const [, ...replies] = await expectReplies(system, pull, ["No language model", "Because **eval** runs"]);
  expect(replies[0]).toContain("`@alice` `<b>`see`</b>`");
  const [asked] = model.questions;
  expect(asked?.prompt).toContain("what else could I do?");
  expect(asked?.prompt).toContain("return eval(code);");
  const calls = await system.db.select().from(modelCalls);
  expect(calls).toMatchObject([{ purpose: "answer", outcome: "answered", taskId: null }]);
  expect(calls[0]?.commandId).not.toBeNull();
});

async function expectReplies(system: System, pull: PullRequestHandle, texts: readonly string[]) {
  return await eventually(() => {
    const { botLogin } = system.hub.app;
    const replies = pull
      .inlineComments()
      .filter((one) => one.inReplyToId !== null && one.author === botLogin);
    expect(replies).toHaveLength(texts.length);
    for (const [index, text] of texts.entries()) expect(replies[index]?.body).toContain(text);
    return replies.map(({ body }) => body);
  });
}

test("a delivery that comes twice, and two dispatchers, do a command once", async () => {
  await using system = await startSystem({ roles: ["serve", "dispatcher", "dispatcher"] });
  const pull = await reviewed(system);
  const { webhooks } = system.hub;
  await say(system, pull, "alice", "/reviewd review");
  const delivery = webhooks.deliveries.findLast(({ event }) => event === "issue_comment");
  await webhooks.duplicate(delivery?.guid ?? "");
  await say(system, pull, "alice", "/reviewd help");
  await commandsOf(system, 2);
  await expectAnswers(system, pull, ["is queued", "/reviewd resolve"]);
  expect(await system.tasks()).toHaveLength(2);
});

/** Where a dispatcher is killed: at the door of a call, so that it is done after the kill, or right after its work. */
const killPoints = [
  ["while it asks for the permission", permission, false],
  ["while the reply is on its way", postComment, false],
  ["after the reply was posted", postComment, true],
] as const;

test.each(killPoints)("kill -9 of the dispatcher %s", async (_, route, afterCommit) => {
  await using system = await startSystem({ roles: ["serve"] });
  const killed = await system.start("dispatcher");
  const pull = await reviewed(system);
  const call = system.hub.hold(route, { afterCommit });
  await say(system, pull, "alice", "/reviewd review");
  await call.reached;
  await killed.stop("SIGKILL");
  call.release();
  await system.start("dispatcher");
  await expectAnswers(system, pull, ["is queued"]);
  expect(await commandsOf(system, 1)).toMatchObject([{ status: "done", reason: "review_queued" }]);
  await eventually(async () => {
    const known = await system.db.select().from(reviewComments);
    expect(known.filter(({ kind }) => kind === "answer")).toHaveLength(1);
  });
  expect(await system.tasks()).toHaveLength(2);
  expect(answers(system, pull)).toHaveLength(1);
});

test("a reply whose answer got lost is posted once, in a thread, too", async () => {
  await using system = await startSystem();
  const pull = await reviewed(system);
  system.hub.fail(postComment, { status: 502, afterCommit: true });
  await say(system, pull, "alice", "/reviewd help");
  await eventually(async () => {
    const known = await system.db.select().from(reviewComments);
    expect(known.filter(({ kind }) => kind === "answer")).toHaveLength(1);
  });
  expect(answers(system, pull)).toHaveLength(1);

  system.hub.fail(postInThread, { status: 502, afterCommit: true });
  const [finding] = pull.inlineComments();
  if (!finding) throw new Error("nothing was found");
  await system.hub.user("alice").reply(finding, "/reviewd pause");
  await eventually(async () => {
    const known = await system.db.select().from(reviewComments);
    expect(known.filter(({ kind }) => kind === "reply")).toHaveLength(1);
  });
  await expectReplies(system, pull, ["are paused"]);
});

test("two unlike commands come in order", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  const dispatcher = await system.start("dispatcher");
  const pull = await reviewed(system);
  await dispatcher.stop("SIGTERM");
  await say(system, pull, "alice", "/reviewd pause");
  await say(system, pull, "alice", "/reviewd resume");
  await system.start("dispatcher");
  expect(await commandsOf(system, 2)).toMatchObject([{ reason: "paused" }, { reason: "resumed" }]);
});
