/** The App's webhook deliveries: what was sent, and sending it again. By JWT. */
import type { Answer, Call, Routes } from "../call.ts";
import { notFound } from "../github-error.ts";
import { cursorPageOf } from "../paging.ts";
import type { WebhookDelivery } from "../webhooks/webhooks.ts";

export const deliveryRoutes = {
  "GET /app/hook/deliveries": listDeliveries,
  "GET /app/hook/deliveries/{delivery_id}": (call) => {
    const delivery = getDelivery(call);
    const request = { headers: delivery.requestHeaders, payload: delivery.payload };
    const { response } = delivery;
    const answered = { headers: response?.headers ?? {}, payload: response?.body ?? null };
    return { status: 200, body: { ...renderDelivery(delivery), url: "", request, response: answered } };
  },
  "POST /app/hook/deliveries/{delivery_id}/attempts": (call) => {
    // Accepted, not done: who asked is not kept waiting for the receiver.
    void call.world.webhooks.redeliver(getDelivery(call).guid);
    return { status: 202, body: {} };
  },
} satisfies Routes;

function listDeliveries(call: Call): Answer {
  const wanted = call.query("status");
  const isFailure = ({ statusCode }: WebhookDelivery) => statusCode >= 400 && statusCode < 600;
  const isSuccess = ({ statusCode }: WebhookDelivery) => statusCode >= 200 && statusCode < 400;
  const newestFirst = keptDeliveries(call).filter((delivery) => {
    if (wanted === "failure") return isFailure(delivery);
    return wanted === "success" ? isSuccess(delivery) : true;
  });
  const page = cursorPageOf(newestFirst, call.url, ({ id }) => `v1_${id}`);
  return { status: 200, body: page.items.map(renderDelivery), headers: page.headers };
}

/** Newest first; what is older than a few days is forgotten. */
function keptDeliveries({ world }: Call): WebhookDelivery[] {
  const sinceMs = world.clock.nowMs() - world.limits.deliveryRetentionMs;
  return world.webhooks.deliveries
    .filter(({ deliveredAt }) => Date.parse(deliveredAt) > sinceMs)
    .toReversed();
}

function getDelivery(call: Call): WebhookDelivery {
  const id = call.number("delivery_id");
  const delivery = keptDeliveries(call).find((d) => d.id === id);
  if (!delivery) throw notFound();
  return delivery;
}

function renderDelivery(delivery: WebhookDelivery) {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt,
    redelivery: delivery.redelivery,
    duration: delivery.durationSecs,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  };
}
