/** Promises 1 and 2 over a deployment: dispatchers are replaced one by one while reviews run, and nothing is lost or done twice. */
import { expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import type { PullRequestHandle } from "../fakehub/scenario/pull-request.ts";
import { eventually } from "../support/eventually.ts";
import { problems, type System, startSystem } from "./system.ts";

const running = 10;
const compare = "GET /repos/{owner}/{repo}/compare/{basehead}";
const postCheck = "POST /repos/{owner}/{repo}/check-runs";
const postReview = "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
const postSummary = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";

/** Calls that are never answered: read, not done, and done without a word of it. Ten reviews meet one each. */
const hanging = [
  { route: compare, times: 2 },
  { route: postCheck, times: 1, afterCommit: true },
  { route: postReview, times: 2 },
  { route: postReview, times: 2, afterCommit: true },
  { route: postSummary, times: 1 },
  { route: postSummary, times: 2, afterCommit: true },
] as const;

/** A call of these dispatchers may take 10 s, so that none is given up before they are told to stop. */
const slow = { DISPATCHER_CONCURRENCY: "5", LEASE_SECS: "60", SHUTDOWN_GRACE_SECS: "0" };

test("two dispatchers are replaced with ten reviews in flight: none is lost, doubled or charged", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  const { hub } = system;
  for (const { route, ...fault } of hanging) hub.fail(route, { hang: true, ...fault });
  const old = [await system.start("dispatcher", slow), await system.start("dispatcher", slow)];
  const pulls: PullRequestHandle[] = [];
  for (let number = 1; number <= running; number++) pulls.push(await openPullRequest(system, number));
  await eventually(() => {
    const unanswered = hub.ledger.calls.filter(({ status }) => status === null);
    expect(unanswered).toHaveLength(running);
  });
  expect((await system.tasks()).map(({ status }) => status)).toEqual(Array(running).fill("running"));

  for (const dispatcher of old) {
    expect(await dispatcher.stop("SIGTERM")).toBe(0);
    await system.start("dispatcher", slow);
  }
  // What was cut off may have been done until its time is over.
  await system.db.execute(sql`update clock set shift = shift + interval '20 seconds'`);
  await eventually(async () => {
    const tasks = (await system.tasks()).map(({ status, attemptCount, lostCount }) => ({
      status,
      attemptCount,
      lostCount,
    }));
    expect(tasks).toEqual(Array(running).fill({ status: "completed", attemptCount: 1, lostCount: 0 }));
  });
  for (const pull of pulls) {
    const posted = [pull.reviews().length, pull.issueComments().length, pull.checks().length];
    expect(posted).toEqual([1, 1, 1]);
    const places = pull.inlineComments().map(({ path, line }) => `${path}:${line}`);
    expect(new Set(places).size).toBe(places.length);
  }
  const attempts = await system.db.execute<{ outcome: string; count: number }>(
    sql`select outcome, count(*)::int from attempts group by outcome order by outcome`,
  );
  expect([...attempts]).toEqual([
    { outcome: "completed", count: running },
    { outcome: "released", count: running },
  ]);
});

/** Of an owner and an installation of its own, so that no limit of one holds up another. */
async function openPullRequest({ hub }: System, number: number): Promise<PullRequestHandle> {
  const repository = await hub.createRepository({ owner: `acme-${number}`, name: "shop", private: true });
  return await repository.openPullRequest({
    author: "eve",
    title: "Add cart",
    branch: "cart",
    files: problems,
  });
}
