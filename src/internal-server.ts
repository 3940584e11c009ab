/** Health and metrics of a role, on a port of their own that is not meant for the internet. */
import { collectDefaultMetrics, register } from "prom-client";
import type { Db } from "./adapters/postgres/connect.ts";
import { isDatabaseReady } from "./adapters/postgres/ready.ts";
import type { Logger } from "./log.ts";

export interface InternalServer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Serves /healthz (the process runs), /readyz (the database answers) and /metrics (Prometheus' text format). */
export function startInternalServer(options: {
  readonly port: number;
  readonly db: Db;
  readonly log: Logger;
}): InternalServer {
  const { port, db, log } = options;
  // Several roles may share a process, which has one registry.
  if (!register.getSingleMetric("process_start_time_seconds")) collectDefaultMetrics();
  const server = Bun.serve({
    port,
    routes: {
      "/healthz": () => new Response("ok\n"),
      "/readyz": async () =>
        (await isDatabaseReady(db))
          ? new Response("ok\n")
          : new Response("the database does not answer\n", { status: 503 }),
      "/metrics": async () =>
        new Response(await register.metrics(), { headers: { "content-type": register.contentType } }),
    },
    fetch: () => new Response("not found\n", { status: 404 }),
    error: (error) => {
      log.error({ err: error }, "an internal request failed");
      return new Response("failed\n", { status: 500 });
    },
  });
  const bound = server.port ?? port;
  log.info({ port: bound }, "health and metrics are served");
  return { port: bound, close: () => server.stop(true) };
}
