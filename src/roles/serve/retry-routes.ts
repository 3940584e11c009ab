/** Retrying a task that failed or was cancelled. */
import { createRoute } from "@hono/zod-openapi";
import type { RetryRefusal } from "../../domain/task/retry-refusal.ts";
import { retryTask } from "../../domain/task/retry-task.ts";
import { ReviewdError } from "../../errors.ts";
import type { Api, ServeContext } from "./api.ts";
import { requireScope } from "./authenticate.ts";
import { conflictAnswers, problemAnswers } from "./problem.ts";
import { getVisibleTask, oneTask, taskPath } from "./task-routes.ts";
import { taskJson } from "./task-schema.ts";

const refusals: Readonly<Record<RetryRefusal, string>> = {
  already_queued: "it is in the queue, or another task for the same commit is",
  already_running: "it is running, or another task for the same commit is",
  already_reviewed: "the commit was reviewed",
  superseded: "it was superseded by a newer commit or another base branch",
  skipped: "it was skipped",
  closed: "the pull request is closed",
  new_head: "its commit is not the head of the pull request any more",
  retargeted: "the pull request has another base branch now",
  suspended: "the App is suspended there",
  uninstalled: "the App is not installed there",
  repository_off: "reviews are switched off for the repository",
  plan_blocked: "the owner's plan does not allow it",
  draft: "the pull request is a draft",
  label_missing: "the label that asks for a review is missing",
  bot_author: "its author is a bot",
  fork_policy: "pull requests from forks are not reviewed here",
  disabled: "the repository's configuration switches reviews off",
  label_excluded: "the pull request has a label that excludes it from reviews",
  paused: "the pull request's reviews are paused",
  author_limit: "its author has had as many reviews today as an author from a fork gets",
};

export function addRetryRoutes(api: Api, ctx: ServeContext): void {
  const { db } = ctx;
  const route = createRoute({
    security: [{ bearer: [] }],
    tags: ["tasks"],
    method: "post",
    path: "/tasks/{id}/retry",
    operationId: "retryTask",
    summary: "Retries a failed or cancelled task",
    description:
      "It is pending again, with all its attempts and the configuration it was stored with; what was reviewed before " +
      `is published, not reviewed again. Refused with a \`reason\`: ${Object.keys(refusals).join(", ")}.`,
    middleware: requireScope(db, "review:write"),
    request: { params: taskPath },
    responses: { 200: oneTask, ...problemAnswers(400, 401, 403, 404), ...conflictAnswers(refusals) },
  });
  api.openapi(route, async (c) => {
    const { id } = await getVisibleTask(db, c);
    const refusal = await retryTask(ctx, id);
    if (refusal === "unknown_task") throw new ReviewdError("not_found", "there is no such task");
    if (refusal !== null) throw new ReviewdError("conflict", refusals[refusal], { reason: refusal });
    c.get("log").info({ taskId: id }, "task retried");
    return c.json(taskJson(await getVisibleTask(db, c)), 200);
  });
}
