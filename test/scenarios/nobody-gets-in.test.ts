/** Promise 5: each role holds only what it needs, and nothing unsigned is believed. */
import { expect, test } from "bun:test";
import postgres from "postgres";
import { createTestDatabase } from "../support/database.ts";
import { runReviewd } from "../support/run-reviewd.ts";
import { startSystem } from "./system.ts";

test("a webhook with a wrong signature is refused and leaves no trace", async () => {
  await using system = await startSystem({ roles: ["serve"] });
  const answer = await fetch(`${system.url()}/webhooks/github`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-github-event": "ping",
      "x-github-delivery": crypto.randomUUID(),
      "x-hub-signature-256": `sha256=${"0".repeat(64)}`,
    },
    body: JSON.stringify({ zen: "Speak like a human." }),
  });
  expect(answer.status).toBe(401);
  expect((await system.get("/deliveries")).deliveries).toEqual([]);
});

test("serve refuses to hold the App's private key", async () => {
  const env = {
    DATABASE_URL: "postgres://reviewd@127.0.0.1/none",
    GITHUB_WEBHOOK_SECRETS: "a-secret-of-enough-length",
    GITHUB_APP_PRIVATE_KEY: "-----BEGIN PRIVATE KEY-----",
  };
  const { exitCode, stderr } = await runReviewd(["serve"], { env });
  expect(exitCode).toBe(2);
  expect(stderr).toContain("GITHUB_APP_PRIVATE_KEY must not be given to serve");
});

test.each([
  ["reviewd_dispatcher", "select token_hash from api_tokens"],
  ["reviewd_poller", "update tasks set priority = 0"],
  ["reviewd_poller", "update installations set status = 'deleted'"],
  ["reviewd_serve", "delete from review_feedback"],
  ["reviewd_syncer", "select * from findings"],
  ["reviewd_syncer", "select reactor_login from review_feedback"],
  ["reviewd_serve", "delete from suppressions"],
  ["reviewd_dispatcher", "update suppressions set state = 'approved'"],
  ["reviewd_serve", "update clock set shift = '1 hour'"],
])("the database keeps %s from: %s", async (role, statement) => {
  const database = await createTestDatabase();
  const client = postgres(database.url, { max: 1, onnotice: () => {} });
  const attempt = client.begin(async (tx) => {
    await tx.unsafe(`set local role ${role}`);
    await tx.unsafe(statement);
  });
  await expect(attempt).rejects.toThrow("permission denied");
  await client.end();
  await database.close();
});
