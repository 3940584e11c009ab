/** Turns a database that cannot be connected to into an error that says what to look at. */
import { sql } from "drizzle-orm";
import { ReviewdError } from "../../errors.ts";
import type { Db } from "./connect.ts";

/** Of the network, of the driver, and of Postgres: wrong password, no such role or database, starting or stopping. */
const unreachable: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "ETIMEDOUT",
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "28000",
  "28P01",
  "3D000",
  "53300",
  "57P03",
]);

/** The driver tries for ever where a proxy accepts connections and closes them again. */
const answerMs = 30_000;

/** For a process's start. @throws ReviewdError `unavailable` */
export async function requireConnection(db: Db): Promise<void> {
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(() => silence.reject(unavailable("it does not answer")), answerMs);
  try {
    await Promise.race([db.execute(sql`select 1`), silence.promise]);
  } catch (error) {
    // drizzle wraps what the driver throws.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (!(cause instanceof Error) || !unreachable.has(code)) throw error;
    throw unavailable(cause.message || code, cause);
  } finally {
    clearTimeout(timer);
  }
}

function unavailable(why: string, cause?: Error): ReviewdError {
  return new ReviewdError(
    "unavailable",
    `cannot connect to the database: ${why}. Is Postgres running, and is DATABASE_URL right?`,
    { cause },
  );
}
