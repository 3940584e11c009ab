/** How pull requests are reviewed: what a repository's would be by now, what a task went by, and the schema of the file. */
import { createRoute, z } from "@hono/zod-openapi";
import type { Repository } from "../../adapters/postgres/repositories.ts";
import { getStoredLayers } from "../../adapters/postgres/repository-configurations.ts";
import type { EffectiveConfiguration } from "../../domain/configuration/configuration.ts";
import { effectiveByStored } from "../../domain/configuration/effective-by-stored.ts";
import { silenceableRules } from "../../domain/configuration/idle-rules.ts";
import type { Layered } from "../../domain/configuration/layer-configuration.ts";
import {
  configurationKeys,
  reviewSettings,
  ruleId,
  settingNames,
} from "../../domain/configuration/review-settings.ts";
import { readSnapshot } from "../../domain/configuration/snapshot.ts";
import { ReviewdError } from "../../errors.ts";
import type { Api, ServeContext } from "./api.ts";
import { requireScope } from "./authenticate.ts";
import { problemAnswers } from "./problem.ts";
import { getVisibleRepository, repositoryPath } from "./repository-routes.ts";
import { getVisibleTask, taskPath } from "./task-routes.ts";

const settingSchema = z.object({
  value: z.unknown().openapi({
    description: "As in `.reviewd.yml`. Null: the operator's default, which the dispatcher knows.",
  }),
  origin: z.enum(["default", "owner", "repository", "task"]),
});
const settingsSchema = z.record(z.string(), settingSchema).openapi({
  description: "Every setting by its name in `.reviewd.yml`, with where its value is from.",
});

const repositorySchema = z
  .object({
    repository: z.object({ id: z.uuid(), full_name: z.string() }),
    base_ref: z.string(),
    commit_sha: z.string().nullable().openapi({ description: "Where it was read; null: it never was." }),
    read_at: z.iso.datetime().nullable(),
    stale: z.boolean().openapi({ description: "A push may have changed it; the next review reads it." }),
    settings: settingsSchema,
  })
  .openapi("RepositoryConfiguration");

const taskSchema = z
  .object({
    task_id: z.uuid(),
    path: z.string().nullable().openapi({ description: "Of the file; null: there was none." }),
    commit_sha: z.string().openapi({ description: "Of the base branch, where it was read." }),
    problems: z.array(z.object({ line: z.int().nullable(), message: z.string() })).openapi({
      description:
        "What was wrong with the file; then the repository's values are those of its last valid version. Without a " +
        "line: what of the owner's settings could not be followed.",
    }),
    warnings: z.array(z.object({ line: z.int().nullable(), message: z.string() })).openapi({
      description:
        "What had no effect, while all the rest was followed. Without a line: in the owner's settings.",
    }),
    guidance: z.string().nullable().openapi({ description: "REVIEW.md, as it was used." }),
    settings: settingsSchema,
  })
  .openapi("TaskConfiguration");

/**
 * Editors complete and check `.reviewd.yml` by it. Rules are named here alone: elsewhere one that is not known to this
 * version is taken, and told of.
 */
const configurationSchema = z.toJSONSchema(reviewSettings, {
  io: "input",
  override: ({ zodSchema, jsonSchema }) => {
    if (zodSchema === ruleId) jsonSchema.enum = [...silenceableRules];
  },
});

const described = (description: string, content: z.ZodType) => ({
  description,
  content: { "application/json": { schema: content } },
});

export function addConfigurationRoutes(api: Api, { db }: ServeContext): void {
  const secured = { security: [{ bearer: [] }], middleware: requireScope(db, "review:read") };
  const ofRepository = createRoute({
    ...secured,
    tags: ["repositories"],
    method: "get",
    path: "/repositories/{id}/configuration",
    operationId: "getRepositoryConfiguration",
    summary: "How the pull requests of a base branch are reviewed",
    description: "By what was last read there. What a review in progress reads may be newer.",
    request: {
      params: repositoryPath,
      query: z.object({
        base_ref: z
          .string()
          .min(1)
          .optional()
          .openapi({ description: "A branch; by default the default one." }),
      }),
    },
    responses: { 200: described("Every setting.", repositorySchema), ...problemAnswers(400, 401, 403, 404) },
  });
  const ofTask = createRoute({
    ...secured,
    tags: ["tasks"],
    method: "get",
    path: "/tasks/{id}/configuration",
    operationId: "getTaskConfiguration",
    summary: "What a task's review went by",
    request: { params: taskPath },
    responses: { 200: described("As it was stored.", taskSchema), ...problemAnswers(400, 401, 403, 404) },
  });

  api.openapi(ofRepository, async (c) => {
    const repository = await getVisibleRepository(db, c);
    const baseRef = c.req.valid("query").base_ref ?? repository.defaultBranch;
    if (baseRef === null) throw new ReviewdError("invalid_input", "name the branch: base_ref");
    return c.json(await repositoryJson(db, repository, baseRef), 200);
  });
  api.openapi(ofTask, async (c) => {
    const { id, config } = await getVisibleTask(db, c);
    const snapshot = readSnapshot(config, false);
    if (!snapshot) throw new ReviewdError("not_found", "the task's review has not begun");
    return c.json(taskJson(id, snapshot), 200);
  });
  api.get("/schema/reviewd.json", (c) => {
    c.header("cache-control", "public, max-age=3600");
    c.header("access-control-allow-origin", "*");
    return c.json(configurationSchema, 200, { "content-type": "application/schema+json" });
  });
}

async function repositoryJson(
  db: ServeContext["db"],
  { id, ownerId, fullName }: Repository,
  baseRef: string,
): Promise<z.output<typeof repositorySchema>> {
  const stored = await getStoredLayers(db, { ownerId, repositoryId: id, baseRef });
  const { repository } = stored;
  return {
    repository: { id, full_name: fullName },
    base_ref: baseRef,
    commit_sha: repository?.commitSha ?? null,
    read_at: repository?.readAt.toISOString() ?? null,
    stale: repository ? repository.staleAt !== null : false,
    settings: settingsJson(effectiveByStored(stored)),
  };
}

function taskJson(id: string, snapshot: EffectiveConfiguration): z.output<typeof taskSchema> {
  const { path, commitSha, guidance, problems, warnings } = snapshot;
  return {
    task_id: id,
    path,
    commit_sha: commitSha,
    problems: problems.map(({ line, message }) => ({ line, message })),
    warnings: warnings.map(({ line, message }) => ({ line, message })),
    guidance,
    settings: settingsJson(snapshot),
  };
}

function settingsJson({ values, origins }: Layered): z.output<typeof settingsSchema> {
  const entries = configurationKeys.map((key) => {
    // Whether there is a model the dispatcher knows, and not this process.
    const isUnknown = key === "reviewers" && origins.reviewers === "default";
    return [settingNames[key], { value: isUnknown ? null : values[key], origin: origins[key] }] as const;
  });
  return Object.fromEntries(entries);
}
