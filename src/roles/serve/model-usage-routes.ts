/** What a task asked of language models, and what it cost. */
import { createRoute, z } from "@hono/zod-openapi";
import { sumModelCalls } from "../../adapters/postgres/model-calls.ts";
import type { Api, ServeContext } from "./api.ts";
import { requireScope } from "./authenticate.ts";
import { problemAnswers } from "./problem.ts";
import { getVisibleTask, taskPath } from "./task-routes.ts";

const count = z.int().min(0);

const usageSchema = z
  .object({
    task_id: z.uuid(),
    calls: count.openapi({ description: "Over all attempts, repairs of answers included." }),
    calls_of_unknown_usage: count.openapi({ description: "Of them, those whose provider did not say." }),
    models: z.array(z.string()).openapi({ description: "`provider/model`, each once." }),
    input_tokens: count.openapi({ description: "Those the provider had cached included." }),
    cached_input_tokens: count,
    output_tokens: count,
    cost_micro_dollars: z.number().nullable().openapi({
      description: "By list prices; null where the cost of a call is not known, or none was made.",
    }),
  })
  .openapi("ModelUsage");

export function addModelUsageRoutes(api: Api, { db }: ServeContext): void {
  const route = createRoute({
    security: [{ bearer: [] }],
    tags: ["tasks"],
    method: "get",
    path: "/tasks/{id}/model-usage",
    operationId: "getModelUsage",
    summary: "What a task asked of language models",
    middleware: requireScope(db, "review:read"),
    request: { params: taskPath },
    responses: {
      200: {
        description: "Zeros where none was asked.",
        content: { "application/json": { schema: usageSchema } },
      },
      ...problemAnswers(400, 401, 403, 404),
    },
  });
  api.openapi(route, async (c) => {
    const { id } = await getVisibleTask(db, c);
    const spending = await sumModelCalls(db, id);
    return c.json(
      {
        task_id: id,
        calls: spending.calls,
        calls_of_unknown_usage: spending.callsOfUnknownUsage,
        models: [...spending.models],
        input_tokens: spending.inputTokens,
        cached_input_tokens: spending.cachedInputTokens,
        output_tokens: spending.outputTokens,
        cost_micro_dollars: spending.costMicroDollars,
      },
      200,
    );
  });
}
