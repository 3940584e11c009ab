/** A database of its own for each test file, cloned from a migrated template. A connection left open fails the file. */
import postgres from "postgres";
import { connect, type Db } from "../../src/adapters/postgres/connect.ts";
import { migrate } from "../../src/adapters/postgres/migrate.ts";
import { migrations } from "../../src/adapters/postgres/migrations.ts";
import { createLog } from "../../src/log.ts";
import { testServer } from "./server.ts";

export interface TestDatabase {
  readonly url: string;
  readonly db: Db;
  /** Drops it. @throws when anyone but `db` still has a connection to it. */
  readonly close: () => Promise<void>;
}

/** What the template is made from is in its name: on a server that is kept, a changed schema makes a new one. */
const templateName = `reviewd_template_${Bun.hash(JSON.stringify(migrations)).toString(36)}`;
/** How long a connection may take to be gone after its client closed it. */
const leakGraceMs = 3_000;
const leakPollMs = 20;

export interface TestDatabaseOptions {
  /** False: an empty database. */
  readonly migrated?: boolean;
  /** Another server than the one the tests share, for a test that stops it. */
  readonly serverUrl?: string;
}

export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { migrated = true, serverUrl = (await testServer()).url } = options;
  const name = `test_${Bun.randomUUIDv7().replaceAll("-", "")}`;
  await withAdmin(serverUrl, async (admin) => {
    if (migrated) await makeTemplate(serverUrl, admin);
    await admin.unsafe(`create database ${name} template ${migrated ? templateName : "template0"}`);
  });
  const url = withDatabase(serverUrl, name);
  const database = connect(url, "reviewd test", 20);
  const close = async () => {
    await database.close();
    await withAdmin(serverUrl, (admin) => dropDatabase(admin, name));
  };
  return { url, db: database.db, close };
}

/** Under a lock: on a server that is shared, several test runs may need it at once. */
async function makeTemplate(serverUrl: string, admin: postgres.Sql): Promise<void> {
  if (await exists(admin, templateName)) return;
  const unfinished = `${templateName}_unfinished`;
  await admin`select pg_advisory_lock(hashtext(${templateName}))`;
  if (!(await exists(admin, templateName))) {
    await admin.unsafe(`drop database if exists ${unfinished}`);
    await admin.unsafe(`create database ${unfinished} template template0`);
    const database = connect(withDatabase(serverUrl, unfinished), "reviewd test template", 2);
    await migrate(database.db, { log: createLog("silent", {}) });
    await database.close();
    await admin.unsafe(`alter database ${unfinished} rename to ${templateName}`);
  }
  await admin`select pg_advisory_unlock(hashtext(${templateName}))`;
}

async function exists(admin: postgres.Sql, name: string): Promise<boolean> {
  return (await admin`select from pg_database where datname = ${name}`).length > 0;
}

async function dropDatabase(admin: postgres.Sql, name: string): Promise<void> {
  const deadline = performance.now() + leakGraceMs;
  const listOpen = () => admin<{ application_name: string; state: string | null; query: string }[]>`
    select application_name, state, query from pg_stat_activity where datname = ${name}`;
  let open = await listOpen();
  while (open.length > 0 && performance.now() < deadline) {
    await Bun.sleep(leakPollMs);
    open = await listOpen();
  }
  await admin.unsafe(`drop database ${name} with (force)`);
  if (open.length === 0) return;
  const list = open.map((one) => `  ${one.application_name} (${one.state}): ${one.query}`).join("\n");
  throw new Error(`${open.length} connection(s) to the test's database were left open:\n${list}`);
}

async function withAdmin<T>(serverUrl: string, use: (admin: postgres.Sql) => Promise<T>): Promise<T> {
  const admin = postgres(serverUrl, { max: 1, onnotice: () => {} });
  try {
    return await use(admin);
  } finally {
    await admin.end();
  }
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
