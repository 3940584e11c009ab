/** The sync_runs table: what the syncer's runs found and did, and where the next one begins. */
import { and, desc, eq, isNotNull, sql } from "drizzle-orm";
import type { Db } from "./connect.ts";
import { syncRuns } from "./schema.ts";

export type SyncKind = (typeof syncRuns.$inferSelect)["kind"];

export async function startSyncRun(db: Db, kind: SyncKind): Promise<string> {
  const id = Bun.randomUUIDv7();
  await db.insert(syncRuns).values({ id, kind });
  return id;
}

export async function finishSyncRun(
  db: Db,
  run: {
    readonly id: string;
    readonly counts: Readonly<Record<string, number>>;
    /** Null: there is none, or the run failed before it was known. */
    readonly checkpoint: Date | null;
    readonly error: string | null;
  },
): Promise<void> {
  const { id, counts, checkpoint, error } = run;
  await db
    .update(syncRuns)
    .set({ counts, checkpoint, error, finishedAt: sql`reviewd_now()` })
    .where(eq(syncRuns.id, id));
}

/** Of the last run that set one. */
export async function findCheckpoint(db: Db, kind: SyncKind): Promise<Date | null> {
  const [row] = await db
    .select({ checkpoint: syncRuns.checkpoint })
    .from(syncRuns)
    .where(and(eq(syncRuns.kind, kind), isNotNull(syncRuns.checkpoint)))
    .orderBy(desc(syncRuns.startedAt), desc(syncRuns.id))
    .limit(1);
  return row?.checkpoint ?? null;
}
