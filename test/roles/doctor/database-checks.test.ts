import { afterAll, describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import type { DatabaseRoles } from "../../../src/adapters/postgres/database-roles.ts";
import type { OpenTransaction } from "../../../src/adapters/postgres/open-transactions.ts";
import { judgeRoles, judgeServer } from "../../../src/roles/doctor/database-checks.ts";
import { judgeTransactions } from "../../../src/roles/doctor/transaction-check.ts";
import { createTestDatabase } from "../../support/database.ts";
import { seedOwner } from "../../support/seed.ts";
import { deafProxy } from "./deaf-proxy.ts";
import { runDoctor } from "./run-doctor.ts";

const database = await createTestDatabase();
const { db, url } = database;
afterAll(() => database.close());

const databaseChecks = ["schema", "clock", "database roles", "seats", "transactions", "listen"];

/** With the rights of this role only. */
function urlAs(role: string): string {
  const changed = new URL(url);
  changed.searchParams.set("role", role);
  return changed.href;
}

describe("the database", () => {
  test("that is as it should be passes every check", async () => {
    const { exitCode, healthy, checks } = await runDoctor({ DATABASE_URL: url });
    for (const check of ["database", ...databaseChecks])
      expect(checks[check]).toMatchObject({ status: "ok" });
    expect(checks.database?.says).toMatch(/^PostgreSQL \d+\.\d+, logged in as /);
    expect({ exitCode, healthy }).toEqual({ exitCode: 0, healthy: true });
  });

  test("that does not answer fails, and what needs it is skipped", async () => {
    const nowhere = "postgres://reviewd:hunter2hunter2@127.0.0.1:1/reviewd";
    const { exitCode, healthy, checks } = await runDoctor({ DATABASE_URL: nowhere });
    expect(checks.database).toMatchObject({ status: "failed" });
    expect(checks.database?.says).toContain("cannot connect to the database");
    for (const check of databaseChecks) {
      expect(checks[check]).toMatchObject({ status: "skipped", says: "needs the check before: database" });
    }
    expect({ exitCode, healthy }).toEqual({ exitCode: 1, healthy: false });
  });

  test("that nobody named is skipped, and the variable named", async () => {
    const { exitCode, checks } = await runDoctor({});
    expect(checks.database).toMatchObject({ status: "skipped", says: "DATABASE_URL is not set here" });
    expect(exitCode).toBe(0);
  });

  test("whose URL is malformed fails, and the URL is not shown", async () => {
    const { exitCode, checks } = await runDoctor({ DATABASE_URL: "mysql://root:hunter2hunter2@db/reviewd" });
    expect(checks.database).toMatchObject({ status: "failed" });
    expect(checks.database?.says).toContain("DATABASE_URL has a malformed value (not shown)");
    expect(exitCode).toBe(1);
  });

  test("must be new enough, and one that can be written", () => {
    const server = { major: 17, version: "17.2", user: "reviewd", inRecovery: false };
    expect(judgeServer(server)).toEqual({
      status: "ok",
      says: "PostgreSQL 17.2, logged in as reviewd",
      todo: null,
    });
    expect(judgeServer({ ...server, major: 14, version: "14.9" })).toMatchObject({
      status: "failed",
      todo: "upgrade it to 15 or newer",
    });
    expect(judgeServer({ ...server, inRecovery: true })).toMatchObject({
      status: "failed",
      todo: "let DATABASE_URL name the primary",
    });
  });
});

describe("the schema", () => {
  test("that was never made fails and says how to make it", async () => {
    const empty = await createTestDatabase({ migrated: false });
    const { exitCode, checks } = await runDoctor({ DATABASE_URL: empty.url });
    await empty.close();
    expect(checks.schema).toMatchObject({ status: "failed", todo: "run `reviewd migrate`" });
    expect(checks.schema?.says).toContain("0001_tables");
    expect(checks.seats).toMatchObject({ status: "skipped", says: "needs the check before: schema" });
    expect(exitCode).toBe(1);
  });

  test("that another version made differently fails; one that is newer is fine", async () => {
    const other = await createTestDatabase();
    await other.db.execute(sql`insert into schema_migrations (name, checksum) values ('9999_newer', 'x')`);
    const newer = await runDoctor({ DATABASE_URL: other.url });
    expect(newer.checks.schema).toMatchObject({ status: "ok", says: "newer than this version: 9999_newer" });
    await other.db.execute(sql`update schema_migrations set checksum = 'x' where name = '0002_seats'`);
    const { exitCode, checks } = await runDoctor({ DATABASE_URL: other.url });
    await other.close();
    expect(checks.schema).toMatchObject({ status: "failed" });
    expect(checks.schema?.says).toContain("0002_seats");
    expect(exitCode).toBe(1);
  });
});

test("a clock that was set fails", async () => {
  await db.execute(sql`update clock set shift = '1 hour'`);
  const { exitCode, checks } = await runDoctor({ DATABASE_URL: url });
  await db.execute(sql`update clock set shift = '0'`);
  expect(checks.clock).toMatchObject({ status: "failed", todo: expect.stringContaining("update clock") });
  expect(checks.clock?.says).toContain("3600 seconds");
  expect(exitCode).toBe(1);
});

describe("database roles", () => {
  test("each part's login is told by its role, and what it may not look at is skipped", async () => {
    for (const role of ["reviewd_serve", "reviewd_dispatcher", "reviewd_syncer"]) {
      const { exitCode, checks } = await runDoctor({ DATABASE_URL: urlAs(role) });
      expect(checks["database roles"]).toMatchObject({ status: "ok", says: `${role} is in ${role}` });
      expect(checks.seats).toMatchObject({ status: "ok" });
      expect(exitCode).toBe(0);
    }
    const { exitCode, checks } = await runDoctor({ DATABASE_URL: urlAs("reviewd_poller") });
    expect(checks.seats).toMatchObject({
      status: "skipped",
      todo: expect.stringContaining("owns the tables"),
    });
    expect(exitCode).toBe(0);
  });

  test("that lost their rights, as after a restore without them, fail", async () => {
    await db.execute(sql`revoke all on workers from reviewd_dispatcher`);
    const { exitCode, checks } = await runDoctor({ DATABASE_URL: url });
    await db.execute(sql`grant select, insert, update, delete on workers to reviewd_dispatcher`);
    expect(checks["database roles"]).toMatchObject({
      status: "failed",
      says: "reviewd_dispatcher lacks its rights",
      todo: expect.stringContaining("drizzle/0003_roles.sql"),
    });
    expect(exitCode).toBe(1);
  });

  const roles: DatabaseRoles = {
    user: "ada",
    ownsTables: false,
    memberOf: [],
    missing: [],
    withoutGrants: [],
  };

  test.each<[string, Partial<DatabaseRoles>, object]>([
    [
      "a login in none of them",
      {},
      { status: "failed", todo: expect.stringContaining("grant reviewd_serve to") },
    ],
    ["a login in one", { memberOf: ["reviewd_serve"] }, { status: "ok", says: "ada is in reviewd_serve" }],
    ["the tables' owner", { ownsTables: true, memberOf: ["reviewd_serve"] }, { status: "ok" }],
    [
      "none, where they may not be created",
      { ownsTables: true, missing: ["reviewd_serve"] },
      { status: "warning" },
    ],
  ])("%s", (_, facts, verdict) => {
    expect(judgeRoles({ ...roles, ...facts })).toMatchObject(verdict);
  });
});

test("broken seats fail and are named", async () => {
  const ownerId = await seedOwner(db);
  await db.execute(sql`update owners set seats_in_use = 1 where id = ${ownerId}`);
  const { exitCode, checks } = await runDoctor({ DATABASE_URL: url });
  await db.execute(sql`update owners set seats_in_use = 0 where id = ${ownerId}`);
  expect(checks.seats).toMatchObject({ status: "failed", todo: expect.stringContaining("report") });
  expect(checks.seats?.says).toContain(ownerId);
  expect(exitCode).toBe(1);
});

describe("transactions", () => {
  const session: OpenTransaction = { kind: "session", name: "psql", pid: 7, seconds: 299, transactions: 5 };

  test("that are short, or nothing, are well", () => {
    for (const open of [[], [session]]) expect(judgeTransactions(open, null)).toMatchObject({ status: "ok" });
  });

  test.each<[Partial<OpenTransaction>, string, string]>([
    [{ seconds: 900 }, 'session "psql" (pid 7) keeps vacuum away for 900 seconds', "pg_terminate_backend(7)"],
    [
      { kind: "prepared", name: "gid", pid: null, seconds: 900 },
      'prepared transaction "gid"',
      "rollback prepared 'gid'",
    ],
    [{ kind: "slot", seconds: null, transactions: 2_000_000 }, 'replication slot "psql"', "drop the slot"],
    [{ kind: "standby", seconds: null, transactions: 2_000_000 }, "for 2000000 transactions", "query there"],
  ])("that are long are warned of: %j", (change, says, todo) => {
    const verdict = judgeTransactions([{ ...session, ...change }], null);
    expect(verdict).toMatchObject({ status: "warning", says: expect.stringContaining(says) });
    expect(verdict.todo).toContain(todo);
  });

  test("that the syncer cannot see are warned of, with what to grant", () => {
    expect(judgeTransactions([session], "reviewd_syncer")).toMatchObject({
      status: "warning",
      todo: expect.stringContaining('grant pg_read_all_stats to "reviewd_syncer"'),
    });
  });
});

describe("listen", () => {
  test("over LISTEN_DATABASE_URL is tried where it is set", async () => {
    const { checks } = await runDoctor({ DATABASE_URL: url, LISTEN_DATABASE_URL: url });
    expect(checks.listen).toMatchObject({
      status: "ok",
      says: "notifications arrive over LISTEN_DATABASE_URL",
    });
  });

  test("at another database fails: nothing would ever arrive", async () => {
    const other = await createTestDatabase({ migrated: false });
    const { exitCode, checks } = await runDoctor({ DATABASE_URL: url, LISTEN_DATABASE_URL: other.url });
    await other.close();
    expect(checks.listen).toMatchObject({
      status: "failed",
      todo: expect.stringContaining("the same database"),
    });
    expect(exitCode).toBe(1);
  });

  test("where nobody answers fails and names the variable", async () => {
    const nowhere = "postgres://reviewd:hunter2hunter2@127.0.0.1:1/reviewd";
    const { exitCode, checks } = await runDoctor({ DATABASE_URL: url, LISTEN_DATABASE_URL: nowhere });
    expect(checks.listen).toMatchObject({
      status: "failed",
      says: expect.stringContaining("LISTEN_DATABASE_URL"),
    });
    expect(exitCode).toBe(1);
  });

  test("through a proxy that swallows notifications is warned of: polling goes on", async () => {
    await using proxy = await deafProxy(url);
    const { exitCode, checks } = await runDoctor({ DATABASE_URL: proxy.url });
    expect(checks.listen).toMatchObject({
      status: "warning",
      todo: expect.stringContaining("LISTEN_DATABASE_URL"),
    });
    expect(exitCode).toBe(0);
  });
});
