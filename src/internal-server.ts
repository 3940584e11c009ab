/** Health and metrics of a role, on a port of their own that is not meant for the internet. */
import { collectDefaultMetrics, register } from "prom-client";
import type { Db } from "./adapters/postgres/connect.ts";
import { isDatabaseReady } from "./adapters/postgres/ready.ts";
import { bindPort } from "./bind-port.ts";
import type { Logger } from "./log.ts";

export interface InternalServer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** By the port asked for: roles that share a process share its registry, and so the server that shows it. */
const running = new Map<number, { readonly server: Bun.Server<undefined>; users: number }>();

/** Serves /healthz (the process runs), /readyz (the database answers) and /metrics (Prometheus' text format). */
export function startInternalServer(options: {
  readonly port: number;
  readonly db: Db;
  readonly log: Logger;
}): InternalServer {
  const { port, log } = options;
  const shared = running.get(port) ?? {
    server: bindPort("METRICS_PORT", port, () => serveInternals(options)),
    users: 0,
  };
  if (shared.users === 0) log.info({ port: shared.server.port }, "health and metrics are served");
  running.set(port, shared);
  shared.users++;
  const close = async () => {
    shared.users--;
    if (shared.users > 0) return;
    running.delete(port);
    await shared.server.stop(true);
  };
  return { port: shared.server.port ?? port, close };
}

function serveInternals({ port, db, log }: { port: number; db: Db; log: Logger }): Bun.Server<undefined> {
  if (!register.getSingleMetric("process_start_time_seconds")) collectDefaultMetrics();
  return Bun.serve({
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
}
