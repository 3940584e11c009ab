import { afterAll, expect, test } from "bun:test";
import { owners } from "../../src/adapters/postgres/schema.ts";
import { createTestDatabase } from "./database.ts";
import { formsOfToken, linesWithSecrets, rowsWithSecrets, secretsIn } from "./kept-secrets.ts";
import { runReviewd } from "./run-reviewd.ts";
import { seedOwner } from "./seed.ts";

const database = await createTestDatabase();
afterAll(() => database.close());

const key =
  "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nline-two-of-the-key\n-----END RSA PRIVATE KEY-----";

test("of an environment the secret parts are known, and nothing else", () => {
  const env = {
    DATABASE_URL: "postgres://login:a-long-password@127.0.0.1:5432/reviewd",
    GITHUB_APP_PRIVATE_KEY: key,
    GITHUB_WEBHOOK_SECRETS: "newest-secret,former-secret",
    GITHUB_API_URL: "https://github.example/api/v3",
    MARKER_KEYS: "short",
  };
  expect(secretsIn(env)).toEqual([
    ...["a-long-password", "MIIEowIBAAKCAQEA", "line-two-of-the-key", "newest-secret", "former-secret"],
  ]);
});

test("a line with a token, a part of a key or an App's credential is found", () => {
  const secrets = [...formsOfToken("ghs_token"), ...secretsIn({ GITHUB_APP_PRIVATE_KEY: key })];
  const leaks = [
    '{"url":"https://x-access-token:ghs_token@github.test"}',
    `authorization: Basic ${btoa("x-access-token:ghs_token")}`,
    "line-two-of-the-key",
    `Bearer ${btoa('{"alg":"RS256"}').replace(/=+$/, "")}.${btoa('{"iss":"12345"}').replace(/=+$/, "")}.c2lnbmF0dXJl`,
  ];
  expect(linesWithSecrets(["an ordinary line", ...leaks], secrets)).toEqual(leaks);
});

test("a row with one is found, in whichever table", async () => {
  const { db } = database;
  const id = await seedOwner(db);
  expect(await rowsWithSecrets(db, ["ghs_token"])).toEqual([]);
  await db.update(owners).set({ login: "has ghs_token in it" });
  expect(await rowsWithSecrets(db, ["ghs_token"])).toEqual([expect.stringContaining(`owners: (${id}`)]);
});

test("a process that prints what it must keep fails its test", async () => {
  const env = { GITHUB_WEBHOOK_SECRETS: "reads reactions to what was posted" };
  const leaking = runReviewd(["--help"], { env });
  await expect(leaking).rejects.toThrow("printed a secret");
});
