/** Whether LISTEN works over a connection: through some proxies it is accepted, and nothing ever arrives. */
import { sql } from "drizzle-orm";
import postgres from "postgres";
import type { Db } from "./connect.ts";

/**
 * Listens at one URL and notifies over another connection, as serve and the dispatcher do.
 * @param withinMs how long a notification may take
 * @throws what the driver throws when there is no connection
 */
export async function hearsNotifications(options: {
  readonly listenUrl: string;
  readonly db: Db;
  readonly withinMs: number;
}): Promise<boolean> {
  const { listenUrl, db, withinMs } = options;
  const channel = `reviewd_doctor_${Bun.randomUUIDv7().replaceAll("-", "")}`;
  const client = postgres(listenUrl, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: "reviewd doctor listen" },
  });
  const heard = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => heard.resolve(false), withinMs);
  const notified = client
    .listen(channel, () => heard.resolve(true))
    .then(() => db.execute(sql`select pg_notify(${channel}, '')`));
  try {
    return await Promise.race([heard.promise, notified.then(() => heard.promise)]);
  } finally {
    clearTimeout(timer);
    await client.end({ timeout: 1 });
  }
}
