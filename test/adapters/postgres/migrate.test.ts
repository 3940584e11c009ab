import { afterAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { connect, type Db } from "../../../src/adapters/postgres/connect.ts";
import { getSchemaVersion, migrate, requireSchema } from "../../../src/adapters/postgres/migrate.ts";
import { splitStatements } from "../../../src/adapters/postgres/migrate-concurrently.ts";
import { type Migration, migrations } from "../../../src/adapters/postgres/migrations.ts";
import { ReviewdError } from "../../../src/errors.ts";
import { createLog } from "../../../src/log.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";

const log = createLog("silent", {});
const opened: TestDatabase[] = [];

afterAll(async () => {
  for (const database of opened) await database.close();
});

async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ migrated: false });
  opened.push(database);
  return database;
}

const first: Migration = { name: "0001_first", text: "create table t (id int primary key, n int);" };

async function exists(db: Db, relation: string): Promise<boolean> {
  const [row] = await db.execute<{ found: boolean }>(
    sql`select to_regclass(${relation}) is not null as found`,
  );
  return row?.found ?? false;
}

async function isValid(db: Db, index: string): Promise<boolean | null> {
  const [row] = await db.execute<{ valid: boolean }>(
    sql`select indisvalid as valid from pg_index where indexrelid = to_regclass(${index})`,
  );
  return row?.valid ?? null;
}

test("the list is the folder, in order and to the letter", () => {
  const folder = join(import.meta.dir, "../../../drizzle");
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort();
  expect(migrations).toEqual(
    files.map((file) => ({
      name: file.replace(/\.sql$/, ""),
      text: readFileSync(join(folder, file), "utf8"),
    })),
  );
});

describe("migrate", () => {
  test("brings an empty database up to date, and changes nothing the second time", async () => {
    const { db } = await emptyDatabase();
    expect(await getSchemaVersion(db)).toBeNull();
    await expect(requireSchema(db)).rejects.toThrow("run `reviewd migrate`");
    expect(await migrate(db, { log })).toEqual(migrations.map(({ name }) => name));
    expect(await migrate(db, { log })).toEqual([]);
    expect(await getSchemaVersion(db)).toBe(migrations.at(-1)?.name ?? "");
    await requireSchema(db);
  });

  test("of several at once each file is applied by one", async () => {
    const { url } = await emptyDatabase();
    const runners = [1, 2, 3, 4].map(() => connect(url, "reviewd migrate", 2));
    const applied = await Promise.all(runners.map(({ db }) => migrate(db, { log })));
    for (const { close } of runners) await close();
    expect(applied.flat().sort()).toEqual(migrations.map(({ name }) => name));
  });

  test("a runner that waits gives up when it is told to stop", async () => {
    const { db, url } = await emptyDatabase();
    const holder = connect(url, "holder", 2);
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const slow = log.child({});
    const controller = new AbortController();
    const holding = holder.db.transaction(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(7269481503)`);
      started.resolve();
      await release.promise;
    });
    await started.promise;
    const waiting = migrate(db, { log: slow, signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toThrow("abort");
    expect(await exists(db, "schema_migrations")).toBe(false);
    release.resolve();
    await holding;
    await holder.close();
  });

  test("a file that fails leaves nothing of itself, and what came before stays", async () => {
    const { db } = await emptyDatabase();
    const broken = { name: "0002_broken", text: "create table half (id int); create table t (id int);" };
    await expect(migrate(db, { log, list: [first, broken] })).rejects.toThrow();
    expect(await exists(db, "half")).toBe(false);
    expect(await getSchemaVersion(db)).toBe("0001_first");
    const repaired = { name: "0002_broken", text: "create table half (id int);" };
    expect(await migrate(db, { log, list: [first, repaired] })).toEqual(["0002_broken"]);
  });

  test("an applied file that was changed is refused by name, before anything is applied", async () => {
    const { db } = await emptyDatabase();
    await migrate(db, { log, list: [first] });
    const changed = { ...first, text: `${first.text} -- and more` };
    const next = { name: "0002_next", text: "create table next (id int);" };
    const refusal = await migrate(db, { log, list: [changed, next] }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ReviewdError);
    expect(String(refusal)).toContain("0001_first");
    expect(await exists(db, "next")).toBe(false);
  });

  test("a database that is newer is left alone and good enough", async () => {
    const { db } = await emptyDatabase();
    const newer = { name: "9999_newer", text: "create table newer (id int);" };
    await migrate(db, { log, list: [...migrations, newer] });
    expect(await migrate(db, { log })).toEqual([]);
    await requireSchema(db);
  });

  test("a database that lacks only the newest file is too old", async () => {
    const { db } = await emptyDatabase();
    await migrate(db, { log, list: migrations.slice(0, -1) });
    await expect(requireSchema(db)).rejects.toThrow(migrations.at(-1)?.name ?? "");
  });
});

describe("a file outside a transaction", () => {
  const rows = { name: "0002_rows", text: "insert into t select g, g % 10 from generate_series(1, 100) g;" };
  const indexes = {
    name: "0003_indexes",
    text: `-- reviewd: no transaction
-- One for reads; this comment; has semicolons;
create index concurrently t_n on t (n);
create unique index concurrently if not exists t_unique
  on t (id, n);
drop index concurrently if exists t_old;
`,
  };

  test("builds indexes concurrently", async () => {
    const { db } = await emptyDatabase();
    await migrate(db, { log, list: [first, rows, indexes] });
    expect([await isValid(db, "t_n"), await isValid(db, "t_unique")]).toEqual([true, true]);
  });

  test("goes on after a failure, and replaces the invalid index it left", async () => {
    const { db } = await emptyDatabase();
    const unique = {
      name: "0003_unique",
      text: "-- reviewd: no transaction\ncreate index concurrently t_n on t (n);\ncreate unique index concurrently t_once on t (n);\n",
    };
    await expect(migrate(db, { log, list: [first, rows, unique] })).rejects.toThrow();
    expect(await isValid(db, "t_n")).toBe(true);
    expect(await isValid(db, "t_once")).toBe(false);
    expect(await getSchemaVersion(db)).toBe("0002_rows");

    await db.execute(sql`delete from t where id > 10`);
    expect(await migrate(db, { log, list: [first, rows, unique] })).toEqual(["0003_unique"]);
    expect(await isValid(db, "t_once")).toBe(true);
  });

  test("is built while others wait for their turn", async () => {
    const { db, url } = await emptyDatabase();
    await migrate(db, { log, list: [first, rows] });
    const runners = [1, 2, 3].map(() => connect(url, "reviewd migrate", 2));
    const applied = await Promise.all(
      runners.map((one) => migrate(one.db, { log, list: [first, rows, indexes] })),
    );
    for (const { close } of runners) await close();
    expect(applied.flat()).toEqual(["0003_indexes"]);
  });

  test("is split at semicolons that end a line", () => {
    expect(splitStatements("-- a; comment;\nselect ';' as a;\n\nselect\n  2; \n")).toEqual([
      "select ';' as a",
      "select\n  2",
    ]);
  });
});
