/** Whether the process runs and whether it can work. */
import { createRoute, z } from "@hono/zod-openapi";
import { isDatabaseReady } from "../../adapters/postgres/ready.ts";
import { ReviewdError } from "../../errors.ts";
import type { Api, ServeContext } from "./api.ts";
import { problemAnswers } from "./problem.ts";

const healthSchema = z.object({ status: z.literal("ok") }).openapi("Health");
const healthy = {
  description: "It does.",
  content: { "application/json": { schema: healthSchema } },
};

const healthRoute = createRoute({
  method: "get",
  path: "/healthz",
  operationId: "isAlive",
  tags: ["health"],
  summary: "Does the process run?",
  responses: { 200: healthy },
});
const readyRoute = createRoute({
  method: "get",
  path: "/readyz",
  operationId: "isReady",
  tags: ["health"],
  summary: "Does the database answer?",
  responses: { 200: healthy, ...problemAnswers(503) },
});

export function addHealthRoutes(api: Api, { db }: ServeContext): void {
  api.openapi(healthRoute, (c) => c.json({ status: "ok" } as const, 200));
  api.openapi(readyRoute, async (c) => {
    if (!(await isDatabaseReady(db))) throw new ReviewdError("unavailable", "the database does not answer");
    return c.json({ status: "ok" } as const, 200);
  });
}
