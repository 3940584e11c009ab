/** The database that chaos befalls: a server of its own that can crash, and what is noted beside the queue's tables. */
import { sql } from "drizzle-orm";
import { startEmbeddedPostgres } from "../../src/adapters/embedded-postgres/embedded-postgres.ts";
import type { Db } from "../../src/adapters/postgres/connect.ts";
import { crashServer } from "../../test/support/crash-server.ts";
import { createTestDatabase } from "../../test/support/database.ts";

export interface ChaosDatabase extends AsyncDisposable {
  readonly url: string;
  readonly db: Db;
  /** Ends the server at once, as a crash does, and starts it again: it recovers from its log. */
  readonly crash: () => Promise<void>;
}

/** Retries wait for so long instead of the product's seconds and minutes: the last of them would be waited for. */
const retryMs = 200;

export async function startChaosDatabase(folder: string): Promise<ChaosDatabase> {
  const options = { folder, searchPath: process.env.PATH ?? "" };
  let server = await startEmbeddedPostgres(options);
  const { url, db, close } = await createTestDatabase({ serverUrl: server.url });
  await noteLeases(db);
  await shortenRetries(db);
  return {
    url,
    db,
    crash: async () => {
      await crashServer(server);
      server = await startEmbeddedPostgres({ ...options, port: server.port });
    },
    [Symbol.asyncDispose]: async () => {
      await close();
      await server.stop();
    },
  };
}

/** When each lease that there ever was ended: given up, or not renewed any more. Microseconds, by worker. */
export async function readLeaseEnds(db: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db.execute<{ worker_id: string; ended_at: number }>(sql`
    select worker_id, (extract(epoch from
        least(max(ends_at) filter (where not given_up), max(ends_at) filter (where given_up))) * 1000000
      )::float8 as ended_at
    from chaos_leases group by worker_id`);
  return new Map(rows.map((row) => [row.worker_id, row.ended_at]));
}

async function noteLeases(db: Db): Promise<void> {
  await db.execute(sql`
    create table chaos_leases (worker_id uuid not null, ends_at timestamptz not null, given_up boolean not null)`);
  await db.execute(sql`
    create function chaos_note_lease() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' then
        insert into chaos_leases values (old.id, clock_timestamp(), true);
      else
        insert into chaos_leases values (new.id, new.expires_at, false);
      end if;
      return null;
    end $$`);
  await db.execute(sql`
    create trigger chaos_note_lease after insert or delete or update of expires_at on workers
      for each row execute function chaos_note_lease()`);
}

async function shortenRetries(db: Db): Promise<void> {
  await db.execute(sql`
    create function chaos_shorten_retry() returns trigger language plpgsql as $$
    begin
      new.run_after := reviewd_now() + ${sql.raw(String(retryMs))} * interval '1 millisecond';
      return new;
    end $$`);
  await db.execute(sql`
    create trigger chaos_shorten_retry before update on tasks
      for each row when (new.placement = 'delayed' and new.run_after is distinct from old.run_after)
      execute function chaos_shorten_retry()`);
}
