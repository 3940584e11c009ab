import { afterAll, describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { useApiToken } from "../../../src/adapters/postgres/api-tokens.ts";
import { apiTokens } from "../../../src/adapters/postgres/schema.ts";
import { createToken, hashToken, scopeMeanings } from "../../../src/domain/owner/api-token.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { createTestDatabase } from "../../support/database.ts";
import { runReviewd } from "../../support/run-reviewd.ts";
import { seedOwner } from "../../support/seed.ts";

const database = await createTestDatabase();
const { db } = database;
afterAll(() => database.close());

const run = (...args: string[]) => runReviewd(["token", ...args], { env: { DATABASE_URL: database.url } });

async function create(...args: string[]): Promise<{ token: string; id: string; stdout: string }> {
  const { stdout, stderr, exitCode } = await run("create", ...args);
  expect([exitCode, stderr]).toEqual([0, ""]);
  const [token = ""] = /rvd_\S+/.exec(stdout) ?? [];
  const [, id = ""] = /id (\S+)\./.exec(stdout) ?? [];
  return { token, id, stdout };
}

const find = (token: string) => useApiToken(db, hashToken(token) ?? new Uint8Array());

describe("a token", () => {
  test("is shown once, opens what it was made for, and only its hash is kept", async () => {
    const { token, id } = await create("--name", "ci", "--scopes", "review:read, admin,admin");
    expect(await find(token)).toEqual({ id, name: "ci", scopes: ["review:read", "admin"], ownerId: null });
    const stored = await db.execute(sql`select * from api_tokens`);
    expect(JSON.stringify(stored)).not.toContain(token.slice(4, 20));
    const { stdout } = await run("list");
    expect(stdout).toMatch(new RegExp(`${id} +valid +ci +review:read,admin +- `));
    expect(stdout).not.toContain(token);
  });

  test("is worth nothing once it was revoked; revoking again changes nothing", async () => {
    const { token, id } = await create("--name", "leaked", "--scopes", "review:read");
    for (let i = 0; i < 2; i++) expect(await run("revoke", id)).toMatchObject({ exitCode: 0 });
    expect(await find(token)).toBeNull();
    expect((await run("list")).stdout).toMatch(new RegExp(`${id} +revoked`));
  });

  test("is worth nothing once it has expired", async () => {
    const { token, id } = await create("--name", "short", "--scopes", "review:read", "--expires", "2d");
    const day = 86_400_000;
    await using _almost = await advanceClock(db, 2 * day - 60_000);
    expect(await find(token)).not.toBeNull();
    await using _past = await advanceClock(db, 120_000);
    expect(await find(token)).toBeNull();
    expect((await run("list")).stdout).toMatch(new RegExp(`${id} +expired`));
  });

  test("may be bound to an owner, by login or id", async () => {
    const ownerId = await seedOwner(db);
    const [owner] = await db.execute<{ login: string }>(sql`select login from owners where id = ${ownerId}`);
    for (const name of [owner?.login.toUpperCase() ?? "", ownerId]) {
      const { token } = await create("--name", "theirs", "--scopes", "review:read", "--owner", name);
      expect(await find(token)).toMatchObject({ ownerId });
    }
  });

  test("for a login that two hosts have needs the owner's id", async () => {
    const ids = [await seedOwner(db), await seedOwner(db)];
    await db.execute(sql`update owners set login = 'twice' where id in (${ids[0]}, ${ids[1]})`);
    const { exitCode, stderr } = await run(
      "create",
      "--name",
      "x",
      "--scopes",
      "review:read",
      "--owner",
      "twice",
    );
    expect(exitCode).toBe(1);
    for (const id of ids) expect(stderr).toContain(id ?? "");
  });

  test("notes when it was used, but does not write at every use", async () => {
    const { token, id } = await create("--name", "used", "--scopes", "review:read");
    const lastUse = async () =>
      (await db.select().from(apiTokens)).find((row) => row.id === id)?.lastUsedAt?.getTime() ?? 0;
    await find(token);
    const first = await lastUse();
    expect(first).toBeGreaterThan(0);
    await find(token);
    expect(await lastUse()).toBe(first);
    await using _later = await advanceClock(db, 61_000);
    await find(token);
    expect(await lastUse()).toBeGreaterThan(first);
  });

  test("with one digit changed is none", () => {
    const token = createToken();
    expect(hashToken(token)).not.toBeNull();
    for (let i = 4; i < token.length; i++) {
      const digit = token[i] === "0" ? "1" : "0";
      expect(hashToken(token.slice(0, i) + digit + token.slice(i + 1))).toBeNull();
    }
    expect(new Set(Array.from({ length: 100 }, createToken)).size).toBe(100);
  });
});

describe("wrong use is explained", () => {
  test.each([
    [[], "token needs one of create, list, revoke"],
    [["delete"], "unknown: token delete"],
    [["create", "--scopes", "admin"], "needs --name"],
    [["create", "--name", "x"], "needs --scopes"],
    [["create", "--name", "x", "--scopes", "root"], "unknown: root"],
    [["create", "--name", "x", "--scopes", "admin", "--owner", "acme"], "about the whole instance"],
    [["create", "--name", "x", "--scopes", "admin", "--expires", "soon"], '--expires is "soon"'],
    [["create", "--name", "x", "--scopes", "admin", "--expires", "9999w"], "up to 3660d"],
    [["create", "--name", "x", "--scopes", "admin", "more"], "takes options only"],
    [["create", "--nmae", "x"], "--nmae"],
    [["revoke"], "needs the token's id"],
    [["list", "all"], "takes nothing more"],
  ])(
    "token %j",
    async (args, problem) => {
      const { exitCode, stderr } = await run(...args);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(problem);
    },
    30_000,
  );

  test.each([
    [["revoke", "x"], "there is no token x"],
    [["revoke", "00000000-0000-7000-8000-000000000000"], "there is no token"],
    [["create", "--name", "x", "--scopes", "review:read", "--owner", "nobody"], "there is no owner nobody"],
  ])(
    "token %j",
    async (args, problem) => {
      const { exitCode, stderr, stdout } = await run(...args);
      expect([exitCode, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(problem);
    },
    30_000,
  );

  test("--help says how", async () => {
    const { exitCode, stdout } = await run("--help");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("reviewd token create --name NAME");
    for (const [scope, meaning] of Object.entries(scopeMeanings)) {
      expect(stdout).toMatch(new RegExp(`^ +${scope} +${RegExp.escape(meaning)}$`, "m"));
    }
  });
});
