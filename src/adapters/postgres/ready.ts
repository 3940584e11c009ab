/** Whether the database answers, for readiness probes. */
import { sql } from "drizzle-orm";
import type { Db } from "./connect.ts";

/** Shorter than the time a probe usually waits. */
const answerMs = 2_000;

export async function isDatabaseReady(db: Db): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), answerMs);
  const answered = db.execute(sql`select`).then(
    () => true,
    () => false,
  );
  const ready = await Promise.race([answered, late.promise]);
  clearTimeout(timer);
  return ready;
}
