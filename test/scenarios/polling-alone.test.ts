/** Promise 1 where nobody is ever notified, as through a proxy that pools transactions: polling alone does all of it. */
import { expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { eventually } from "../support/eventually.ts";
import { patient, problems, startSystem, taskOf } from "./system.ts";

const cart = { author: "eve", title: "Add cart", branch: "cart", files: problems };
const compare = "GET /repos/{owner}/{repo}/compare/{basehead}";
const readPull = "GET /repos/{owner}/{repo}/pulls/{pull_number}";
/** Nothing listens there: LISTEN never succeeds. */
const deaf = { LISTEN_DATABASE_URL: "postgres://nobody@127.0.0.1:9/none", SHUTDOWN_GRACE_SECS: "0" };

test("reviews, newer heads, retries, seats, feedback, restarts and crashes need no notification", async () => {
  await using system = await startSystem({ roles: ["poller", "syncer"] });
  const { hub, repository } = system;
  await system.start("serve", { OWNER_MAX_RUNNING: "1" });
  const first = await system.start("dispatcher", { ...deaf, ...patient });

  const pull = await repository.openPullRequest(cart);
  const reviewed = await taskOf(system, pull, "completed");
  const [comment] = pull.inlineComments();
  if (!comment) throw new Error("a problem was planted");
  await hub.user("ada").react(comment, "-1");
  await eventually(async () => {
    const feedback = await system.get(`/tasks/${reviewed.id}/feedback`);
    expect(JSON.stringify(feedback)).toContain('"-1"');
  });

  // A newer head stops the review of the older one, and another pull request waits for the owner's only seat.
  const reading = hub.hold(compare);
  await pull.push({ files: { "src/b.ts": "export const b = 1;\n" } });
  await reading.reached;
  const olderHead = pull.headSha;
  const waiting = await repository.openPullRequest({ ...cart, branch: "waiting", title: "Wait" });
  await pull.push({ files: { "src/c.ts": "export const c = 1;\n" } });
  await hub.webhooks.settled();
  reading.release();
  await taskOf(system, pull, "superseded", olderHead);
  await taskOf(system, pull, "completed");
  await taskOf(system, waiting, "completed");

  // What failed for now is tried again when it is due.
  hub.fail(readPull, { status: 503, times: 3 });
  const retried = await repository.openPullRequest({ ...cart, branch: "retried", title: "Retry" });
  await eventually(async () => {
    expect((await system.tasks()).at(-1)).toMatchObject({ placement: "delayed" });
  });
  await system.db.execute(sql`update clock set shift = shift + interval '1 minute'`);
  await taskOf(system, retried, "completed");

  // What one process hands back or leaves behind, another finds.
  const released = hub.hold(compare);
  const moved = await repository.openPullRequest({ ...cart, branch: "moved", title: "Move" });
  await released.reached;
  const second = await system.start("dispatcher", deaf);
  expect(await first.stop("SIGTERM")).toBe(0);
  released.release();
  await taskOf(system, moved, "completed");
  const lost = hub.hold(compare);
  const left = await repository.openPullRequest({ ...cart, branch: "left", title: "Leave" });
  await lost.reached;
  await second.stop("SIGKILL");
  lost.release();
  await system.start("dispatcher", deaf);
  expect(await taskOf(system, left, "completed")).toMatchObject({ lostCount: 1, attemptCount: 1 });
  // The check of a head that was superseded is closed on the side, also when the process that did so was stopped.
  for (const one of [pull, waiting, retried, moved, left]) {
    await eventually(() => {
      const open = one.checks().filter(({ status }) => status !== "completed");
      expect([one.issueComments().length, open]).toEqual([1, []]);
    });
  }
});
