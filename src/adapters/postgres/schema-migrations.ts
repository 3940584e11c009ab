/** Which migrations a database has. */
import { sql } from "drizzle-orm";
import type { Db, Tx } from "./connect.ts";

export interface AppliedMigration {
  readonly name: string;
  /** SHA-256 of the file when it was applied, in hex. */
  readonly checksum: string;
}

export async function createSchemaMigrations(db: Db): Promise<void> {
  await db.execute(sql`
    create table if not exists schema_migrations (
      name text primary key,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`);
}

/** By name. Empty for a database that was never migrated. */
export async function listAppliedMigrations(db: Db): Promise<readonly AppliedMigration[]> {
  const [found] = await db.execute<{ exists: boolean }>(
    sql`select to_regclass('schema_migrations') is not null as exists`,
  );
  if (!found?.exists) return [];
  return await db.execute<{ name: string; checksum: string }>(
    sql`select name, checksum from schema_migrations order by name`,
  );
}

export async function insertAppliedMigration(db: Db | Tx, applied: AppliedMigration): Promise<void> {
  await db.execute(
    sql`insert into schema_migrations (name, checksum) values (${applied.name}, ${applied.checksum})`,
  );
}
