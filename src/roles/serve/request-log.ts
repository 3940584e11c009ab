/** Gives each request an id and a log of its own, and says in one line and one count how it went. */
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import type { Logger } from "../../log.ts";
import type { ApiEnv } from "./api.ts";
import { countRequest } from "./serve-metrics.ts";

/** Never logs headers, query or body: they can hold tokens. */
export function requestLog(log: Logger) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const requestId = Bun.randomUUIDv7();
    const startedAt = performance.now();
    c.set("requestId", requestId);
    c.set("log", log.child({ requestId }));
    c.header("x-request-id", requestId);
    await next();
    const durationMs = Math.round(performance.now() - startedAt);
    const { method } = c.req;
    const { status } = c.res;
    const route = routePath(c, -1);
    countRequest({ method, route, status, durationMs });
    c.get("log").info({ method, path: c.req.path, status, durationMs }, "request");
  });
}
