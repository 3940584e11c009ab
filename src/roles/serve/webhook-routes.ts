/** Where the forge's webhooks come in: verified over their raw bytes, then handed to the domain. */
import { z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { withCorrelation } from "../../correlation.ts";
import { receiveDelivery } from "../../domain/delivery/receive-delivery.ts";
import { ReviewdError } from "../../errors.ts";
import type { Api, ApiRequest, ServeContext } from "./api.ts";
import { explainInput } from "./explain-input.ts";
import { problemAnswers } from "./problem.ts";
import { readBody } from "./read-body.ts";
import { countDelivery } from "./serve-metrics.ts";
import { isSigned } from "./verify-signature.ts";

/** GitHub sends nothing larger. */
const maxBodyBytes = 25 * 1024 * 1024;

const name = z.string().regex(/^[\x21-\x7e]{1,128}$/, "expected 1 to 128 visible ASCII characters");
const webhookHeaders = z.object({
  "x-github-delivery": name.openapi({ description: "The delivery's id; the same on every redelivery." }),
  "x-github-event": name,
  "x-hub-signature-256": z.string().optional().openapi({
    description:
      "`sha256=` and the HMAC-SHA256 of the body's bytes, made with one of the configured secrets.",
  }),
});

const receivedSchema = z
  .object({
    delivery_id: z.string(),
    outcome: z.enum(["queued", "skipped", "cancelled", "recorded", "duplicate", "stale", "ignored"]),
    reason: z.string(),
    task_id: z.string().nullable(),
  })
  .openapi("ReceivedDelivery");

/** Described by hand: a body that the framework had parsed could not be verified any more. */
export function addWebhookRoutes(api: Api, ctx: ServeContext): void {
  api.openAPIRegistry.registerPath({
    method: "post",
    path: "/webhooks/github",
    operationId: "receiveGitHubWebhook",
    tags: ["webhooks"],
    summary: "Takes a webhook of the GitHub App",
    request: {
      headers: webhookHeaders,
      body: { required: true, content: { "application/json": { schema: z.looseObject({}) } } },
    },
    responses: {
      202: {
        description: "It is stored together with its work, or was before.",
        content: { "application/json": { schema: receivedSchema } },
      },
      ...problemAnswers(400, 401, 413, 415),
    },
  });
  api.post("/webhooks/github", async (c) => {
    const { "x-github-delivery": deliveryId, "x-github-event": event } = readHeaders(c);
    c.set("log", c.get("log").child({ deliveryId }));
    const body = await readBody(c.req.raw, maxBodyBytes);
    if (!isSigned(body, c.req.header("x-hub-signature-256"), ctx.webhookSecrets)) {
      throw new HTTPException(401, { message: "the signature is missing, or made with none of the secrets" });
    }
    const received = await receive({ ...ctx, log: c.get("log") }, { deliveryId, event, body });
    const { outcome, reason, taskId } = received;
    const answer: z.output<typeof receivedSchema> = {
      delivery_id: deliveryId,
      outcome,
      reason,
      task_id: taskId,
    };
    return c.json(answer, 202);
  });
}

function readHeaders(c: ApiRequest): z.output<typeof webhookHeaders> {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    const message = "the content type must be application/json; it is chosen in the App's webhook settings";
    throw new HTTPException(415, { message });
  }
  const headers = webhookHeaders.safeParse(c.req.header());
  if (!headers.success) throw new ReviewdError("invalid_input", explainInput(headers.error));
  return headers.data;
}

async function receive(ctx: ServeContext, webhook: Parameters<typeof receiveDelivery>[2]) {
  const { deliveryId, event } = webhook;
  try {
    const received = await withCorrelation({ deliveryId }, () => receiveDelivery(ctx, ctx.intake, webhook));
    const { outcome, reason, taskId } = received;
    countDelivery(received);
    ctx.log.info({ event, outcome, reason, taskId }, "delivery received");
    return received;
  } catch (error) {
    const invalid = error instanceof ReviewdError && error.code === "invalid_input";
    countDelivery({ outcome: "failed", reason: invalid ? "invalid_payload" : "internal_error" });
    throw error;
  }
}
