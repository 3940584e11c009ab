/** The queue, for administrators: how much stands where, whose it is, and who works on it. */
import { createRoute, z } from "@hono/zod-openapi";
import {
  type LiveWorker,
  listLiveWorkers,
  type OwnerLoad,
  readQueue,
} from "../../adapters/postgres/queue-views.ts";
import { owners } from "../../adapters/postgres/schema.ts";
import type { Api, ServeContext } from "./api.ts";
import { requireInstanceWide, requireScope } from "./authenticate.ts";
import { limitParameter, nextCursor, readCursor, toPage, writeCursor } from "./paging.ts";
import { problemAnswers } from "./problem.ts";

const count = z.int().min(0);
const time = z.iso.datetime();
const age = count.nullable().openapi({
  description: "Seconds since the oldest pending task was made; null when none is pending.",
});

const ownerSchema = z
  .object({
    id: z.uuid(),
    login: z.string(),
    forge: z.string(),
    host: z.string(),
    plan: z.enum(owners.plan.enumValues),
    weight: z.int().openapi({ description: "Its share of the claims beside others'." }),
    max_running: count.openapi({ description: "Its seats." }),
    running: count,
    pending: count,
    oldest_pending_secs: age,
  })
  .openapi("OwnerLoad");

const workerSchema = z
  .object({
    id: z.uuid(),
    role: z.string(),
    started_at: time,
    lease_expires_at: time.openapi({ description: "Unless it is renewed; then its tasks are taken back." }),
    running: count,
  })
  .openapi("Worker");

const queueSchema = z
  .object({
    depth: z
      .object({ ready: count, waiting: count, held: count, delayed: count })
      .openapi({ description: "Pending tasks by placement." }),
    running: count,
    oldest_pending_secs: age,
    failed_last_day: count.openapi({ description: "Tasks that failed within the last 24 hours." }),
    seats: z.object({ in_use: count, total: count }).openapi({
      description: "Of all owners together. Ready and running tasks hold one each.",
    }),
    workers: z.array(workerSchema).openapi({ description: "Processes whose lease holds." }),
    owners: z.array(ownerSchema).openapi({
      description: "A page of those with unfinished tasks, the one with the most first.",
    }),
    next_cursor: nextCursor,
  })
  .openapi("Queue");

const placeSchema = z.tuple([count, z.uuid()]).transform(([load, ownerId]) => ({ load, ownerId }));

export function addQueueRoutes(api: Api, { db }: ServeContext): void {
  const route = createRoute({
    security: [{ bearer: [] }],
    tags: ["queue"],
    method: "get",
    path: "/queue",
    operationId: "getQueue",
    summary: "The queue as it is now",
    description:
      "Owners change places while one pages through them, so one may be seen twice or not at all. Counting takes " +
      "longer the more is pending: do not ask every second.",
    middleware: [requireScope(db, "admin"), requireInstanceWide],
    request: { query: z.object({ cursor: z.string().optional(), limit: limitParameter }) },
    responses: {
      200: { description: "The queue.", content: { "application/json": { schema: queueSchema } } },
      ...problemAnswers(400, 401, 403),
    },
  });

  api.openapi(route, async (c) => {
    const { cursor, limit } = c.req.valid("query");
    const after = cursor === undefined ? undefined : readCursor(placeSchema, cursor);
    const [queue, workers] = await Promise.all([
      readQueue(db, { after, limit: limit + 1 }),
      listLiveWorkers(db),
    ]);
    const { page, nextCursor: next } = toPage(queue.owners, limit, ({ id, running, pending }) =>
      writeCursor([running + pending, id]),
    );
    const body = {
      depth: queue.depth,
      running: queue.running,
      oldest_pending_secs: queue.oldestPendingSecs,
      failed_last_day: queue.failedLastDay,
      seats: { in_use: queue.seats.inUse, total: queue.seats.total },
      workers: workers.map(workerJson),
      owners: page.map(ownerJson),
      next_cursor: next,
    };
    return c.json(body, 200);
  });
}

function ownerJson(owner: OwnerLoad): z.output<typeof ownerSchema> {
  const { maxRunning, oldestPendingSecs, ...same } = owner;
  return { ...same, max_running: maxRunning, oldest_pending_secs: oldestPendingSecs };
}

function workerJson({ id, role, startedAt, expiresAt, running }: LiveWorker): z.output<typeof workerSchema> {
  return {
    id,
    role,
    started_at: startedAt.toISOString(),
    lease_expires_at: expiresAt.toISOString(),
    running,
  };
}
