/** Brings a database's schema up to date, one runner at a time, and tells whether it is. */
import { sql } from "drizzle-orm";
import { ReviewdError } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import type { Db } from "./connect.ts";
import { runStatement, runsOutsideTransaction, splitStatements } from "./migrate-concurrently.ts";
import { type Migration, migrations } from "./migrations.ts";
import { requireConnection } from "./require-connection.ts";
import {
  createSchemaMigrations,
  insertAppliedMigration,
  listAppliedMigrations,
} from "./schema-migrations.ts";
import { getServer, oldestServer } from "./server.ts";

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
  const { missing } = await compareSchema(db);
  if (missing.length === 0) return;
  throw new ReviewdError(
    "conflict",
    `the database's schema is older than this version needs (missing: ${missing.join(", ")}); run \`reviewd migrate\``,
  );
}

/** Names of migrations, as this program's list and the database differ. */
interface SchemaDifference {
  /** Not applied. */
  readonly missing: readonly string[];
  /** Applied from another text than this program has. */
  readonly changed: readonly string[];
  /** Applied, and unknown to this program. */
  readonly newer: readonly string[];
}

export async function compareSchema(db: Db, list = migrations): Promise<SchemaDifference> {
  const checksums = new Map((await listAppliedMigrations(db)).map(({ name, checksum }) => [name, checksum]));
  const known = new Set(list.map(({ name }) => name));
  const applied = list.filter(({ name }) => checksums.has(name));
  const changed = applied.filter((migration) => checksums.get(migration.name) !== checksumOf(migration));
  return {
    missing: list.map(({ name }) => name).filter((name) => !checksums.has(name)),
    changed: changed.map(({ name }) => name),
    newer: [...checksums.keys()].filter((name) => !known.has(name)),
  };
}

async function applyMissing(db: Db, { log, list = migrations }: MigrateOptions): Promise<readonly string[]> {
  await createSchemaMigrations(db);
  const { missing, changed } = await compareSchema(db, list);
  if (changed.length > 0) {
    throw new ReviewdError(
      "conflict",
      `applied migrations were changed afterwards: ${changed.join(", ")}. ` +
        "What has been applied stays as it is; put a change into a new file.",
    );
  }
  for (const migration of list.filter(({ name }) => missing.includes(name))) {
    log.info({ migration: migration.name }, "applying");
    await apply(db, migration);
  }
  return missing;
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
  const { major } = await getServer(db);
  if (major >= oldestServer) return;
  throw new ReviewdError(
    "invalid_input",
    `Postgres ${major} is too old: reviewd needs ${oldestServer} or newer`,
  );
}

function checksumOf({ text }: Migration): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
