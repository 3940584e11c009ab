/** Connections to Postgres. The only place that knows the driver. */

import type { ExtractTablesWithRelations } from "drizzle-orm";
import { drizzle, type PostgresJsDatabase, type PostgresJsTransaction } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import * as schema from "./schema.ts";

type Schema = typeof schema;
/** A connection pool; `$client` is the driver's own. */
export type Db = PostgresJsDatabase<Schema> & { readonly $client: postgres.Sql };
/** An open transaction. */
export type Tx = PostgresJsTransaction<Schema, ExtractTablesWithRelations<Schema>>;

export interface Database {
  readonly db: Db;
  /** Waits up to 5 s for running queries, then cuts the connections. */
  readonly close: () => Promise<void>;
}

/**
 * @param name shows in pg_stat_activity, e.g. `reviewd serve`
 * @param maxConnections size of the pool
 */
export function connect(url: string, name: string, maxConnections = 10): Database {
  // Prepared statements are off: through a transaction-pooling proxy they land on another server connection.
  const client = postgres(url, {
    max: maxConnections,
    prepare: false,
    // What the queue's statements are quoted for (tasks.ts, runs.ts).
    connection: { application_name: name, standard_conforming_strings: "on" },
    // In seconds, for each connection anew. The driver's own goes up to 20 and counts the pool's failures as one's.
    backoff: () => 0.1 + Math.random() * 0.2,
    onnotice: () => {},
  });
  return { db: drizzle(client, { schema }), close: () => client.end({ timeout: 5 }) };
}
