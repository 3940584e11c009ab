/** Brings a database's schema up to date, one runner at a time, and tells whether it is. */
import { sql } from "drizzle-orm";
import { ReviewdError } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import type { Db } from "./connect.ts";
import { runStatement, runsOutsideTransaction, splitStatements } from "./migrate-concurrently.ts";
import { type Migration, migrations } from "./migrations.ts";
import { requireConnection } from "./require-connection.ts";
import {
  type AppliedMigration,
  createSchemaMigrations,
  insertAppliedMigration,
  listAppliedMigrations,
} from "./schema-migrations.ts";

export interface MigrateOptions {
  readonly log: Logger;
  /** Stops waiting for another runner; a file that is being applied is finished. */
  readonly signal?: AbortSignal;
  /** In order; the product's own unless a test says otherwise. */
  readonly list?: readonly Migration[];
}

/** Any number that nobody else locks. */
const lockKey = 7_269_481_503;
/**
 * Without parameters, so that it goes by the simple protocol: the extended one leaves a portal behind whose snapshot
 * stays open with the transaction, and every index built concurrently would wait for that for ever.
 */
const tryLock = sql.raw(`select pg_try_advisory_xact_lock(${lockKey}) as locked`);
const lockPollMs = 200;
const oldestServer = 15;
/** How long a file may wait for a table that others use, with everybody after it waiting behind it. */
const lockTimeout = "10s";

/**
 * Applies what is missing and answers the names. A database that is newer than this program is left as it is.
 *
 * The lock is a transaction's, held on a connection of its own: it works through a transaction-pooling proxy, and,
 * because nobody blocks on it, an index built concurrently never waits for a runner that waits for the lock.
 * The pool behind `db` needs two connections.
 */
export async function migrate(db: Db, options: MigrateOptions): Promise<readonly string[]> {
  await requireConnection(db);
  await requireServer(db);
  for (let told = false; ; told = true) {
    const applied = await db.transaction(async (tx) => {
      await tx.execute(sql`set local idle_in_transaction_session_timeout = 0`);
      const [row] = await tx.execute<{ locked: boolean }>(tryLock);
      return row?.locked ? await applyMissing(db, options) : null;
    });
    if (applied) return applied;
    if (!told) options.log.info("another migration is running, waiting for it");
    await Bun.sleep(lockPollMs);
    options.signal?.throwIfAborted();
  }
}

/** The newest migration the database has; null: none. */
export async function getSchemaVersion(db: Db): Promise<string | null> {
  return (await listAppliedMigrations(db)).at(-1)?.name ?? null;
}

/**
 * For a role's start. A newer schema is fine: changes expand first and contract in a later release.
 * @throws ReviewdError `unavailable` without a connection, `conflict` that says to run `reviewd migrate`
 */
export async function requireSchema(db: Db): Promise<void> {
  await requireConnection(db);
  const applied = new Set((await listAppliedMigrations(db)).map(({ name }) => name));
  const missing = migrations.filter(({ name }) => !applied.has(name)).map(({ name }) => name);
  if (missing.length === 0) return;
  throw new ReviewdError(
    "conflict",
    `the database's schema is older than this version needs (missing: ${missing.join(", ")}); run \`reviewd migrate\``,
  );
}

async function applyMissing(db: Db, { log, list = migrations }: MigrateOptions): Promise<readonly string[]> {
  await createSchemaMigrations(db);
  const missing = missingOf(list, await listAppliedMigrations(db));
  for (const migration of missing) {
    log.info({ migration: migration.name }, "applying");
    await apply(db, migration);
  }
  return missing.map(({ name }) => name);
}

function missingOf(list: readonly Migration[], applied: readonly AppliedMigration[]): readonly Migration[] {
  const checksums = new Map(applied.map(({ name, checksum }) => [name, checksum]));
  const changed = list.filter(
    (migration) => (checksums.get(migration.name) ?? checksumOf(migration)) !== checksumOf(migration),
  );
  if (changed.length > 0) {
    throw new ReviewdError(
      "conflict",
      `applied migrations were changed afterwards: ${changed.map(({ name }) => name).join(", ")}. ` +
        "What has been applied stays as it is; put a change into a new file.",
    );
  }
  return list.filter(({ name }) => !checksums.has(name));
}

async function apply(db: Db, migration: Migration): Promise<void> {
  const applied = { name: migration.name, checksum: checksumOf(migration) };
  if (runsOutsideTransaction(migration.text)) {
    for (const statement of splitStatements(migration.text)) await runStatement(db, statement);
    return await insertAppliedMigration(db, applied);
  }
  await db.transaction(async (tx) => {
    await tx.execute(sql.raw(`set local lock_timeout = '${lockTimeout}'`));
    await tx.execute(sql.raw(migration.text));
    await insertAppliedMigration(tx, applied);
  });
}

async function requireServer(db: Db): Promise<void> {
  const [row] = await db.execute<{ major: number }>(
    sql`select current_setting('server_version_num')::int / 10000 as major`,
  );
  if (row && row.major >= oldestServer) return;
  throw new ReviewdError(
    "invalid_input",
    `Postgres ${row?.major} is too old: reviewd needs ${oldestServer} or newer`,
  );
}

function checksumOf({ text }: Migration): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
