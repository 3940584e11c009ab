/** Webhook deliveries and what became of them, for administrators. */
import { createRoute, z } from "@hono/zod-openapi";
import { webhookDeliveries } from "../../adapters/postgres/schema.ts";
import {
  findDelivery,
  listDeliveries,
  type WebhookDelivery,
} from "../../adapters/postgres/webhook-deliveries.ts";
import { ReviewdError } from "../../errors.ts";
import type { Api, ServeContext } from "./api.ts";
import { requireInstanceWide, requireScope } from "./authenticate.ts";
import {
  limitParameter,
  nextCursor,
  readCursor,
  sinceParameter,
  textParameter,
  toPage,
  writeCursor,
} from "./paging.ts";
import { problemAnswers } from "./problem.ts";

const outcomeSchema = z.enum(webhookDeliveries.outcome.enumValues);
const time = z.iso.datetime();

const deliverySchema = z
  .object({
    id: z.string().openapi({ description: "As the forge names it, the same on every redelivery." }),
    forge: z.string(),
    host: z.string(),
    event: z.string(),
    action: z.string().nullable(),
    outcome: outcomeSchema,
    reason: z.string(),
    error: z.string().nullable(),
    task_id: z.uuid().nullable(),
    repository: z.string().nullable(),
    pull_request_number: z.int().nullable(),
    received_at: time,
    repeat_count: z.int().openapi({ description: "Further calls with the same id." }),
    repeated_at: time.nullable(),
  })
  .openapi("Delivery");

const listSchema = z
  .object({ deliveries: z.array(deliverySchema), next_cursor: nextCursor })
  .openapi("Deliveries");

const listQuery = z.object({
  outcome: outcomeSchema.optional(),
  event: textParameter.optional(),
  repository: textParameter.optional().openapi({ description: "`owner/name`" }),
  since: sinceParameter,
  cursor: z.string().optional(),
  limit: limitParameter,
});

export function addDeliveryRoutes(api: Api, { db, intake }: ServeContext): void {
  const secured = {
    security: [{ bearer: [] }],
    tags: ["deliveries"],
    middleware: [requireScope(db, "admin"), requireInstanceWide],
  };
  const listRoute = createRoute({
    ...secured,
    method: "get",
    path: "/deliveries",
    operationId: "listDeliveries",
    summary: "Webhook deliveries, newest first",
    request: { query: listQuery },
    responses: {
      200: { description: "A page of them.", content: { "application/json": { schema: listSchema } } },
      ...problemAnswers(400, 401, 403),
    },
  });
  const getRoute = createRoute({
    ...secured,
    method: "get",
    path: "/deliveries/{id}",
    operationId: "getDelivery",
    summary: "One delivery, by the forge's id",
    request: { params: z.object({ id: textParameter }) },
    responses: {
      200: { description: "The delivery.", content: { "application/json": { schema: deliverySchema } } },
      ...problemAnswers(400, 401, 403, 404),
    },
  });

  api.openapi(listRoute, async (c) => {
    const { cursor, limit, ...filter } = c.req.valid("query");
    const after = cursor === undefined ? undefined : readCursor(placeSchema, cursor);
    const found = await listDeliveries(db, { ...filter, after, limit: limit + 1 });
    const { page, nextCursor: next } = toPage(found, limit, ({ place }) =>
      writeCursor([place.receivedAt, place.deliveryId]),
    );
    return c.json({ deliveries: page.map(deliveryJson), next_cursor: next }, 200);
  });
  api.openapi(getRoute, async (c) => {
    const { forge, host } = intake;
    const delivery = await findDelivery(db, { forge, host, deliveryId: c.req.valid("param").id });
    if (!delivery) throw new ReviewdError("not_found", "there is no such delivery");
    return c.json(deliveryJson(delivery), 200);
  });
}

/** Postgres knows no year 0. */
const placeTime = z.iso.datetime({ precision: 6 }).refine((time) => !time.startsWith("0000"));
const placeSchema = z
  .tuple([placeTime, textParameter])
  .transform(([receivedAt, deliveryId]) => ({ receivedAt, deliveryId }));

function deliveryJson(row: WebhookDelivery): z.output<typeof deliverySchema> {
  return {
    id: row.deliveryId,
    forge: row.forge,
    host: row.host,
    event: row.event,
    action: row.action,
    outcome: row.outcome,
    reason: row.reason,
    error: row.error,
    task_id: row.taskId,
    repository: row.repository,
    pull_request_number: row.pullRequestNumber,
    received_at: row.receivedAt.toISOString(),
    repeat_count: row.repeatCount,
    repeated_at: row.repeatedAt?.toISOString() ?? null,
  };
}
