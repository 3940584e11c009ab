/** Tasks as JSON. */
import { z } from "@hono/zod-openapi";
import { tasks } from "../../adapters/postgres/schema.ts";
import type { TaskView } from "../../adapters/postgres/task-views.ts";

export const statusSchema = z.enum(tasks.status.enumValues);
export const triggerSchema = z.enum(tasks.trigger.enumValues);
const reasonSchema = z.enum(tasks.reason.enumValues);
const time = z.iso.datetime();

export const taskSchema = z
  .object({
    id: z.uuid(),
    status: statusSchema,
    reason: reasonSchema.nullable().openapi({ description: "Why it ended so, or is pending again." }),
    error: z.string().nullable().openapi({ description: "What its last attempt failed with." }),
    stop_requested: z
      .enum(tasks.stopRequested.enumValues)
      .nullable()
      .openapi({ description: "Why a running task was told to stop; it ends when its worker has seen it." }),
    placement: z
      .enum(tasks.placement.enumValues)
      .nullable()
      .openapi({
        description:
          "Where a pending task stands: `ready` to be claimed, `waiting` for a seat of its owner, `held` by another " +
          "task of its pull request, `delayed` until `run_after`.",
      }),
    trigger: triggerSchema,
    output_mode: z.enum(tasks.outputMode.enumValues).openapi({
      description: "`forge`: published on the pull request. `app`: only shown here.",
    }),
    owner: z.object({ id: z.uuid(), login: z.string() }),
    repository: z.object({ id: z.uuid(), forge: z.string(), host: z.string(), full_name: z.string() }),
    pull_request: z.object({ number: z.int(), title: z.string() }),
    head_sha: z.string(),
    base_ref: z.string(),
    attempt_count: z.int(),
    max_attempts: z.int(),
    created_by: z
      .string()
      .nullable()
      .openapi({ description: "Login of the person who asked for it, if one did." }),
    created_at: time,
    run_after: time.nullable(),
    started_at: time.nullable(),
    finished_at: time.nullable(),
  })
  .openapi("Task");

export function taskJson(task: TaskView): z.output<typeof taskSchema> {
  const { owner, repository, pullRequest } = task;
  return {
    id: task.id,
    status: task.status,
    reason: task.reason,
    error: task.error,
    stop_requested: task.stopRequested,
    placement: task.placement,
    trigger: task.trigger,
    output_mode: task.outputMode,
    owner: { id: owner.id, login: owner.login },
    repository: {
      id: repository.id,
      forge: repository.forge,
      host: repository.host,
      full_name: repository.fullName,
    },
    pull_request: { number: pullRequest.number, title: pullRequest.title },
    head_sha: task.headSha,
    base_ref: task.baseRef,
    attempt_count: task.attemptCount,
    max_attempts: task.maxAttempts,
    created_by: task.createdBy,
    created_at: task.createdAt.toISOString(),
    run_after: task.runAfter?.toISOString() ?? null,
    started_at: task.startedAt?.toISOString() ?? null,
    finished_at: task.finishedAt?.toISOString() ?? null,
  };
}
