/** What an owner or an operator sets for one repository. What its own file says of its reviews is configuration-routes.ts'. */
import { createRoute, z } from "@hono/zod-openapi";
import { findRepositoryById, type Repository, setReviewMode } from "../../adapters/postgres/repositories.ts";
import { repositories } from "../../adapters/postgres/schema.ts";
import { ReviewdError } from "../../errors.ts";
import type { Api, ApiRequest, ServeContext } from "./api.ts";
import { requireScope } from "./authenticate.ts";
import { problemAnswers } from "./problem.ts";

const reviewMode = z.enum(repositories.reviewMode.enumValues).openapi({
  description:
    "`on`: reviewed as its `.reviewd.yml` says. `label`: only pull requests with the label `reviewd`, and what a person " +
    "asks for. `dry_run`: reviewed, and nothing is posted; the findings are at `GET /tasks/{id}/findings`. `off`: not " +
    "reviewed, also where a person asks.",
});
const settingsSchema = z
  .object({
    repository: z.object({ id: z.uuid(), forge: z.string(), host: z.string(), full_name: z.string() }),
    review_mode: reviewMode,
  })
  .openapi("RepositorySettings");
const changesSchema = z.strictObject({ review_mode: reviewMode }).openapi("RepositorySettingsChanges");

export const repositoryPath = z.object({ id: z.string().openapi({ description: "The repository's id." }) });
const secured = { security: [{ bearer: [] }], tags: ["repositories"], path: "/repositories/{id}/settings" };
const settings = {
  description: "The settings as they are now.",
  content: { "application/json": { schema: settingsSchema } },
};

export function addRepositoryRoutes(api: Api, { db }: ServeContext): void {
  const getSettings = createRoute({
    ...secured,
    method: "get",
    operationId: "getRepositorySettings",
    summary: "A repository's settings",
    middleware: requireScope(db, "review:read", "settings:write"),
    request: { params: repositoryPath },
    responses: { 200: settings, ...problemAnswers(400, 401, 403, 404) },
  });
  const changeSettings = createRoute({
    ...secured,
    method: "patch",
    operationId: "changeRepositorySettings",
    summary: "Changes whether and how a repository is reviewed",
    description:
      "Counts for what is queued from now on, and `off` also for what is queued already; a review that has begun ends " +
      "as it began. Where it opens what was closed, the next sweeps find the open heads; a head that had its dry run is " +
      "reviewed again when it changes or somebody asks for it.",
    middleware: requireScope(db, "settings:write"),
    request: {
      params: repositoryPath,
      body: { required: true, content: { "application/json": { schema: changesSchema } } },
    },
    responses: { 200: settings, ...problemAnswers(400, 401, 403, 404, 415) },
  });

  api.openapi(getSettings, async (c) => c.json(settingsJson(await getVisibleRepository(db, c)), 200));
  api.openapi(changeSettings, async (c) => {
    const { id: repositoryId } = await getVisibleRepository(db, c);
    const { review_mode: mode } = c.req.valid("json");
    await setReviewMode(db, repositoryId, mode);
    c.get("log").info({ repositoryId, reviewMode: mode }, "repository settings changed");
    return c.json(settingsJson(await getVisibleRepository(db, c)), 200);
  });
}

/** @throws ReviewdError `not_found`, the same for what is malformed, unknown, and another owner's */
export async function getVisibleRepository(db: ServeContext["db"], c: ApiRequest): Promise<Repository> {
  const id = z.uuid().safeParse(c.req.param("id"));
  const { ownerId } = c.get("caller");
  const repository = id.success ? await findRepositoryById(db, id.data) : null;
  if (!repository || (ownerId !== null && repository.ownerId !== ownerId)) {
    throw new ReviewdError("not_found", "there is no such repository");
  }
  return repository;
}

function settingsJson({ id, forge, host, fullName, ...row }: Repository): z.output<typeof settingsSchema> {
  return { repository: { id, forge, host, full_name: fullName }, review_mode: row.reviewMode };
}
