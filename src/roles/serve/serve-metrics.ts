/** What serve counts for /metrics. */
import { Counter, Histogram } from "prom-client";

const deliveries = new Counter({
  name: "reviewd_webhook_deliveries_total",
  help: "Webhook calls with a valid signature, by what became of them.",
  labelNames: ["outcome", "reason"],
});

const requests = new Histogram({
  name: "reviewd_http_request_duration_seconds",
  help: "HTTP requests by method, route and status.",
  labelNames: ["method", "route", "status"],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
});

/** Anybody can make up a method; a label for each would grow without end. */
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export function countDelivery({
  outcome,
  reason,
}: {
  readonly outcome: string;
  readonly reason: string;
}): void {
  deliveries.inc({ outcome, reason });
}

export function countRequest(request: {
  readonly method: string;
  /** The pattern, not the path. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}): void {
  const { route, status } = request;
  const method = methods.has(request.method) ? request.method : "other";
  requests.observe({ method, route, status }, request.durationMs / 1_000);
}
