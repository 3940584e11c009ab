/** Intake on a real database: deliveries in, tasks and rows out. */
import { eq, sql } from "drizzle-orm";
import type { ClaimedTask } from "../../../src/adapters/postgres/runs.ts";
import {
  installations,
  owners,
  pullRequests,
  repositories,
  tasks,
  webhookDeliveries,
} from "../../../src/adapters/postgres/schema.ts";
import { insertWorker } from "../../../src/adapters/postgres/workers.ts";
import { receiveDelivery } from "../../../src/domain/delivery/receive-delivery.ts";
import { createLog } from "../../../src/log.ts";
import { createTestDatabase } from "../../support/database.ts";
import { claimTasks } from "../../support/queue.ts";
import { type Place, type PullRequestPayloadOptions, pullRequestPayload } from "./payloads.ts";

export const host = "github.test";

export async function createIntake() {
  const database = await createTestDatabase();
  const { db } = database;
  const ctx = { db, log: createLog("silent", {}) };
  const intake = { forge: "github", host, ownerMaxRunning: 4, taskMaxAttempts: 3 } as const;

  const send = (event: string, payload: object, deliveryId: string = crypto.randomUUID()) =>
    receiveDelivery(ctx, intake, { deliveryId, event, body: Buffer.from(JSON.stringify(payload)) });

  /** A pull_request event of the place. */
  const pull = (place: Place, options: PullRequestPayloadOptions, deliveryId?: string) =>
    send("pull_request", pullRequestPayload(place, options), deliveryId);

  const repositoryOf = async (place: Place) => {
    const [row] = await db.select().from(repositories).where(eq(repositories.externalId, place.repositoryId));
    if (!row) throw new Error(`no repository ${place.repositoryId}`);
    return row;
  };
  const pullRequestOf = async (place: Place) => {
    const { id } = await repositoryOf(place);
    const [row] = await db.select().from(pullRequests).where(eq(pullRequests.repositoryId, id));
    if (!row) throw new Error(`no pull request in ${place.repositoryId}`);
    return row;
  };
  /** Tasks of the place, oldest first. */
  const tasksOf = async (place: Place) => {
    const { id } = await repositoryOf(place);
    return await db.select().from(tasks).where(eq(tasks.repositoryId, id)).orderBy(tasks.id);
  };
  /** The same, short: the first letter of the head, status and reason. */
  const told = async (place: Place) =>
    (await tasksOf(place)).map(({ headSha, status, reason, stopRequested }) =>
      [headSha[0], status, stopRequested ?? reason].filter((part) => part !== null).join(" "),
    );
  const installationOf = async (place: Place) => {
    const [row] = await db
      .select()
      .from(installations)
      .where(eq(installations.externalId, place.installationId ?? 0));
    return row ?? null;
  };
  const ownerOf = async (place: Place) => {
    const [row] = await db.select().from(owners).where(eq(owners.externalId, place.ownerId));
    return row ?? null;
  };
  const deliveryOf = async (id: string) => {
    const [row] = await db.select().from(webhookDeliveries).where(eq(webhookDeliveries.deliveryId, id));
    return row ?? null;
  };

  /** Claims what is ready, as a dispatcher does. */
  const claim = async (): Promise<readonly ClaimedTask[]> => {
    const workerId = await insertWorker(db, { role: "dispatcher", leaseMs: 60_000 });
    return await claimTasks(db, { workerId, limit: 100, isIdle: true });
  };
  const clear = async () => {
    await db.delete(tasks);
    await db.execute(sql`update owners set seats_in_use = 0`);
  };

  return {
    ...{ db, url: database.url, ctx, send, pull, claim, clear, close: database.close },
    ...{ repositoryOf, pullRequestOf, tasksOf, told, installationOf, ownerOf, deliveryOf },
  };
}
