/** GitHub, a `serve` that takes its webhooks over HTTP, and what the syncer does when they are lost. */
import { sql } from "drizzle-orm";
import { createGitHub } from "../../../src/adapters/forge/github/create-github.ts";
import {
  installations,
  pullRequests,
  repositories,
  syncRuns,
  tasks,
  webhookDeliveries,
} from "../../../src/adapters/postgres/schema.ts";
import { findBrokenSeats } from "../../../src/adapters/postgres/seats.ts";
import { type RecoveryCounts, recoverDeliveries } from "../../../src/domain/delivery/recover-deliveries.ts";
import type { SweepContext, SweepCounts } from "../../../src/domain/delivery/sweep-context.ts";
import { sweepOpenPullRequests } from "../../../src/domain/delivery/sweep-open-pull-requests.ts";
import { createLog } from "../../../src/log.ts";
import { createApp } from "../../../src/roles/serve/app.ts";
import { type Fakehub, startFakehub } from "../../fakehub/fakehub.ts";
import { createTestDatabase } from "../../support/database.ts";

export interface SyncWorld extends AsyncDisposable {
  readonly hub: Fakehub;
  readonly databaseUrl: string;
  readonly ctx: SweepContext;
  /** Webhooks arrive from now on, or are lost. */
  readonly listen: (arrives: boolean) => void;
  readonly recover: () => Promise<RecoveryCounts>;
  readonly sweep: () => Promise<SweepCounts>;
  /** What a process holds in memory is gone. */
  readonly restart: () => void;
  readonly tasks: () => Promise<readonly (typeof tasks.$inferSelect)[]>;
  readonly pulls: () => Promise<readonly (typeof pullRequests.$inferSelect)[]>;
  readonly repositories: () => Promise<readonly (typeof repositories.$inferSelect)[]>;
  readonly installations: () => Promise<readonly (typeof installations.$inferSelect)[]>;
  readonly deliveries: () => Promise<readonly (typeof webhookDeliveries.$inferSelect)[]>;
  readonly runs: () => Promise<readonly (typeof syncRuns.$inferSelect)[]>;
  /** Ends a pending task, as a dispatcher would after its review. */
  readonly complete: (taskId: string) => Promise<void>;
}

/** Webhooks are lost until `listen(true)`. */
export async function startSyncWorld(): Promise<SyncWorld> {
  const hub = await startFakehub();
  const database = await createTestDatabase();
  const { db } = database;
  const log = createLog("silent", {});
  const { id: appId, privateKey } = hub.app;
  const createForge = () => createGitHub({ apiUrl: hub.apiUrl, appId, privateKey, log, writeSpacingMs: 0 });
  const forge = createForge();
  const intake = { forge: forge.kind, host: forge.host, ownerMaxRunning: 4, taskMaxAttempts: 3 };
  const app = createApp({ db, log, intake, webhookSecrets: [hub.webhookSecret] });
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: app.fetch });
  const { signal } = new AbortController();
  const ctx = { db, log, forge, intake, signal };
  const [asked, resting] = [new Map<string, Date>(), new Map<number, number>()];
  return {
    hub,
    databaseUrl: database.url,
    ctx,
    listen: (arrives) => hub.deliverTo(arrives ? new URL("/webhooks/github", server.url).href : null),
    recover: async () => {
      await hub.webhooks.settled();
      const counts = await recoverDeliveries(ctx, { asked, signal });
      await hub.webhooks.settled();
      return counts;
    },
    sweep: () => sweepOpenPullRequests(ctx, resting),
    restart: () => {
      ctx.forge = createForge();
      asked.clear();
      resting.clear();
    },
    tasks: () => db.select().from(tasks).orderBy(tasks.id),
    pulls: () => db.select().from(pullRequests).orderBy(pullRequests.id),
    repositories: () => db.select().from(repositories).orderBy(repositories.externalId),
    installations: () => db.select().from(installations).orderBy(installations.externalId),
    deliveries: () => db.select().from(webhookDeliveries).orderBy(webhookDeliveries.receivedAt),
    runs: () => db.select().from(syncRuns).orderBy(syncRuns.id),
    complete: async (taskId) => {
      await db.execute(sql`
        update tasks set status = 'completed', reason = 'reviewed', placement = null,
          finished_at = reviewd_now() where id = ${taskId}`);
      await db.execute(sql`update owners set seats_in_use = (select count(*) from tasks
        where owner_id = owners.id and (placement = 'ready' or status = 'running'))`);
    },
    [Symbol.asyncDispose]: async () => {
      await hub.webhooks.settled();
      await server.stop(true);
      const broken = await findBrokenSeats(db);
      await database.close();
      await hub.close();
      if (broken.length > 0) throw new Error(`the queue is broken: ${JSON.stringify(broken)}`);
    },
  };
}
