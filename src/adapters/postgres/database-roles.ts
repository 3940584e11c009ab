/** The database roles that drizzle/0003_roles.sql makes, as they are here, and which of them a login is in. */
import { sql } from "drizzle-orm";
import type { Db } from "./connect.ts";

/** Each with a table that it alone, or first of all, writes to: without that right it lacks all the others as well. */
const databaseRoles = [
  ["reviewd_serve", "webhook_deliveries"],
  ["reviewd_dispatcher", "workers"],
  ["reviewd_poller", "review_feedback"],
  ["reviewd_syncer", "sync_runs"],
] as const;

export interface DatabaseRoles {
  /** The login that asks. */
  readonly user: string;
  readonly ownsTables: boolean;
  /** Those it has the rights of. */
  readonly memberOf: readonly string[];
  /** Those that do not exist. */
  readonly missing: readonly string[];
  /** Those that exist and lack their rights. */
  readonly withoutGrants: readonly string[];
}

export async function getDatabaseRoles(db: Db): Promise<DatabaseRoles> {
  const rows = databaseRoles.map(([role, table]) => sql`(${role}, ${table})`);
  const [row] = await db.execute<DatabaseRoles & Record<string, unknown>>(sql`
    with wanted (role, written) as (values ${sql.join(rows, sql`, `)}),
      existing as (select role, written from wanted join pg_roles on rolname = role)
    select current_user::text as user,
      (select pg_has_role(relowner, 'usage') from pg_class where oid = 'tasks'::regclass) as "ownsTables",
      array(select role from existing where pg_has_role(role, 'usage')) as "memberOf",
      array(select role from wanted where role not in (select role from existing)) as missing,
      array(select role from existing where not has_table_privilege(role, written, 'insert')) as "withoutGrants"`);
  if (!row) throw new Error("select without from answered no row");
  return row;
}
