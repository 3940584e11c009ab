/** Promise 1 over a restart of Postgres: what was running, queued or on its way is reviewed all the same, once. */
import { expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../../src/adapters/embedded-postgres/embedded-postgres.ts";
import { eventually } from "../support/eventually.ts";
import { removeServerFolder } from "../support/server.ts";
import { problems, startSystem } from "./system.ts";

const pullRequestCount = 8;

test("Postgres restarted under load loses no review and repeats none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "reviewd-restart-"));
  const server = { folder, searchPath: process.env.PATH ?? "" };
  const first = await startEmbeddedPostgres(server);
  let second: Awaited<ReturnType<typeof startEmbeddedPostgres>> | null = null;
  {
    await using system = await startSystem({
      roles: ["serve", "dispatcher", "syncer"],
      serverUrl: first.url,
    });
    const posted = system.hub.hold("POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews", {
      afterCommit: true,
    });
    const open = (number: number) =>
      system.repository.openPullRequest({
        author: "eve",
        title: `Add cart ${number}`,
        branch: `cart-${number}`,
        files: problems,
      });
    const pulls = [];
    for (let number = 1; number <= pullRequestCount / 2; number++) pulls.push(await open(number));
    // A review is out and not yet recorded, others run and wait: now the database goes.
    await posted.reached;
    await first.stop();
    posted.release();
    for (let number = pulls.length + 1; number <= pullRequestCount; number++) pulls.push(await open(number));
    await system.hub.webhooks.settled();
    second = await startEmbeddedPostgres({ ...server, port: first.port });

    await eventually(async () => {
      const statuses = (await system.tasks()).map(({ status }) => status);
      expect(statuses).toEqual(Array.from({ length: pullRequestCount }, () => "completed"));
    });
    for (const pull of pulls) {
      expect([pull.reviews().length, pull.issueComments().length, pull.checks().length]).toEqual([1, 1, 1]);
    }
  }
  await second.stop();
  removeServerFolder(folder);
});
