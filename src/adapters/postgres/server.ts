/** The server behind a connection. */
import { sql } from "drizzle-orm";
import type { Db } from "./connect.ts";

/** The oldest major version reviewd works with. */
export const oldestServer = 15;

export interface Server {
  readonly major: number;
  /** In full, e.g. `17.2`. */
  readonly version: string;
  readonly user: string;
  /** A standby, or one that is being recovered: nothing can be written. */
  readonly inRecovery: boolean;
}

export async function getServer(db: Db): Promise<Server> {
  const [row] = await db.execute<Server & Record<string, unknown>>(sql`
    select current_setting('server_version_num')::int / 10000 as major, current_setting('server_version') as version,
      current_user::text as user, pg_is_in_recovery() as "inRecovery"`);
  if (!row) throw new Error("select without from answered no row");
  return row;
}
