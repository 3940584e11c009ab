/** The main job, from the webhook to what people think of the review. */
import { expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { expectOnce, problems, startSystem, taskOf } from "./system.ts";

test("a pull request is reviewed end to end, and what people think of it comes back", async () => {
  await using system = await startSystem({ roles: ["serve", "dispatcher", "poller"] });
  const { hub, repository } = system;
  const pull = await repository.openPullRequest({
    author: "eve",
    title: "Add cart",
    branch: "cart",
    files: problems,
  });

  const task = await taskOf(system, pull, "completed");
  expect(task.reason).toBe("reviewed");
  await expectOnce(system, pull, { reviews: 1 });
  const comments = pull.inlineComments();
  expect(comments.map(({ path, line }) => `${path}:${line}`)).toContain("src/cart.ts:2");
  const [check] = pull.checks();
  expect(check).toMatchObject({ status: "completed", conclusion: "neutral", headSha: pull.headSha });
  expect(pull.issueComments()[0]?.body).toContain("2 of 2 files");

  const findings = await system.get(`/tasks/${task.id}/findings`);
  expect(findings.findings.length).toBeGreaterThanOrEqual(comments.length);

  const [comment, other] = comments;
  if (!comment || !other) throw new Error("two problems were planted");
  await hub.user("ada").react(comment, "-1");
  await hub.user("bob").react(comment, "+1");
  await hub.user("ada").react(other, "heart");
  const seen = await eventually(async () => {
    const feedback = await system.get(`/tasks/${task.id}/feedback`);
    expect(JSON.stringify(feedback)).toContain('"heart"');
    return feedback;
  });
  expect(JSON.stringify(seen)).toContain('"ada"');

  await hub.user("ada").unreact(comment, "-1");
  await eventually(async () => {
    expect(JSON.stringify(await system.get(`/tasks/${task.id}/feedback`))).not.toContain('"-1"');
  });
});

test("what people say and settle on our comments is told without a reading", async () => {
  await using system = await startSystem({ roles: ["serve", "dispatcher"] });
  const { hub, repository } = system;
  const files = problems;
  const pull = await repository.openPullRequest({ author: "eve", title: "Add cart", branch: "cart", files });
  const task = await taskOf(system, pull, "completed");
  const [comment, other] = pull.inlineComments();
  if (!comment || !other) throw new Error("two problems were planted");
  const ada = hub.user("ada");
  const reply = await ada.reply(comment, "It is meant so");
  const second = await ada.reply(comment, "Or is it?");
  await ada.editComment(reply, "It is meant to be so");
  await ada.deleteComment(second);
  await ada.resolveThread(comment);
  await ada.resolveThread(other);
  await ada.unresolveThread(other);
  await hub.webhooks.settled();
  const told = await system.get(`/tasks/${task.id}/feedback`);
  expect(told.totals).toMatchObject({ feedback: 2, replies: 1, threads: 1, dismissals: 0 });
  const said = told.comments.flatMap((one: { feedback: readonly object[] }) => one.feedback);
  const user = { id: ada.id, login: "ada" };
  expect(said).toMatchObject([
    { kind: "reply", content: "It is meant to be so", user },
    { kind: "thread", content: "resolved", user },
  ]);
});

test("a comment that a person deleted is not read any more and stays gone", async () => {
  await using system = await startSystem({ roles: ["serve", "dispatcher", "poller"] });
  const pull = await system.repository.openPullRequest({
    author: "eve",
    title: "Add cart",
    branch: "cart",
    files: problems,
  });
  await taskOf(system, pull, "completed");
  const [comment] = pull.inlineComments();
  if (!comment) throw new Error("a problem was planted");
  await system.hub.user("ada").deleteComment(comment);
  await eventually(async () => await expectOnce(system, pull, { reviews: 1 }));
});

test("a second push supersedes the first and repeats nothing", async () => {
  await using system = await startSystem();
  const pull = await system.repository.openPullRequest({
    author: "eve",
    title: "Add cart",
    branch: "cart",
    files: problems,
  });
  await taskOf(system, pull, "completed");
  const before = pull.inlineComments().map(({ id }) => id);
  await pull.push({ files: { "src/other.ts": "export const one = 1;\n" } });
  await taskOf(system, pull, "completed");
  expect(pull.inlineComments().map(({ id }) => id)).toEqual(before);
  await expectOnce(system, pull, { reviews: 1 });
});
