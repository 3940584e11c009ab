/** Tasks: the list, one of them, and cancelling it. */
import { createRoute, z } from "@hono/zod-openapi";
import { findTaskView, listTaskViews, type TaskView } from "../../adapters/postgres/task-views.ts";
import { cancelTask } from "../../domain/task/stop-tasks.ts";
import { ReviewdError } from "../../errors.ts";
import type { Api, ApiRequest, ServeContext } from "./api.ts";
import { requireScope } from "./authenticate.ts";
import {
  cursorParameter,
  limitParameter,
  nextCursor,
  sinceParameter,
  textParameter,
  toPage,
  wholeParameter,
} from "./paging.ts";
import { problemAnswers } from "./problem.ts";
import { statusSchema, taskJson, taskSchema, triggerSchema } from "./task-schema.ts";

export const taskPath = z.object({ id: z.string().openapi({ description: "The task's id." }) });

const listQuery = z.object({
  owner: textParameter.optional().openapi({ description: "Login of the owner." }),
  repository: textParameter.optional().openapi({ description: "`owner/name`" }),
  pull_request: wholeParameter(1, 2_147_483_647).optional().openapi({
    type: "integer",
    description: "Number of the pull request.",
  }),
  status: statusSchema.optional(),
  trigger: triggerSchema.optional(),
  since: sinceParameter,
  cursor: cursorParameter,
  limit: limitParameter,
});

const secured = { security: [{ bearer: [] }], tags: ["tasks"] };
const listSchema = z.object({ tasks: z.array(taskSchema), next_cursor: nextCursor }).openapi("Tasks");
export const oneTask = { description: "The task.", content: { "application/json": { schema: taskSchema } } };

export function addTaskRoutes(api: Api, { db, log }: ServeContext): void {
  const listRoute = createRoute({
    ...secured,
    method: "get",
    path: "/tasks",
    operationId: "listTasks",
    summary: "Tasks, newest first",
    middleware: requireScope(db, "review:read"),
    request: { query: listQuery },
    responses: {
      200: { description: "A page of tasks.", content: { "application/json": { schema: listSchema } } },
      ...problemAnswers(400, 401, 403),
    },
  });
  const getRoute = createRoute({
    ...secured,
    method: "get",
    path: "/tasks/{id}",
    operationId: "getTask",
    summary: "One task",
    middleware: requireScope(db, "review:read"),
    request: { params: taskPath },
    responses: { 200: oneTask, ...problemAnswers(400, 401, 403, 404) },
  });
  const cancelRoute = createRoute({
    ...secured,
    method: "post",
    path: "/tasks/{id}/cancel",
    operationId: "cancelTask",
    summary: "Cancels a task",
    description:
      "A pending task ends at once, a running one when its worker has seen it. Cancelling again, or what is over, " +
      "changes nothing.",
    middleware: requireScope(db, "review:write"),
    request: { params: taskPath },
    responses: { 200: oneTask, ...problemAnswers(400, 401, 403, 404) },
  });

  api.openapi(listRoute, async (c) => {
    const { pull_request: pullRequest, cursor, limit, ...filter } = c.req.valid("query");
    const { ownerId: visibleTo } = c.get("caller");
    const found = await listTaskViews(db, {
      ...filter,
      visibleTo,
      pullRequest,
      beforeId: cursor,
      limit: limit + 1,
    });
    const { page, nextCursor: next } = toPage(found, limit, ({ id }) => id);
    return c.json({ tasks: page.map(taskJson), next_cursor: next }, 200);
  });
  api.openapi(getRoute, async (c) => c.json(taskJson(await getVisibleTask(db, c)), 200));
  api.openapi(cancelRoute, async (c) => {
    const { id } = await getVisibleTask(db, c);
    await cancelTask({ db, log }, id);
    return c.json(taskJson(await getVisibleTask(db, c)), 200);
  });
}

/** @throws ReviewdError `not_found`, the same for what is malformed, unknown, and another owner's */
export async function getVisibleTask(db: ServeContext["db"], c: ApiRequest): Promise<TaskView> {
  const id = c.req.param("id") ?? "";
  const { ownerId } = c.get("caller");
  const task = z.uuid().safeParse(id).success ? await findTaskView(db, id, ownerId) : null;
  if (!task) throw new ReviewdError("not_found", "there is no such task");
  return task;
}
