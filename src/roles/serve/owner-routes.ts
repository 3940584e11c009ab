/** What an operator sets for an owner. */
import { createRoute, z } from "@hono/zod-openapi";
import { findRequiredActions } from "../../adapters/postgres/installations.ts";
import { findOwner, type Owner } from "../../adapters/postgres/owners.ts";
import { owners } from "../../adapters/postgres/schema.ts";
import { findIdleRules } from "../../domain/configuration/idle-rules.ts";
import { readStoredSettings, reviewSettings } from "../../domain/configuration/review-settings.ts";
import { changeOwnerSettings } from "../../domain/owner/change-owner-settings.ts";
import { ReviewdError } from "../../errors.ts";
import type { Api, ApiRequest, ServeContext } from "./api.ts";
import { requireScope } from "./authenticate.ts";
import { problemAnswers } from "./problem.ts";

const plan = z.enum(owners.plan.enumValues).openapi({
  description: "`blocked`: its pull requests are not reviewed, and what is under way is stopped.",
});
const noneMessage =
  "expected a whole number from 1 to 1000; whoever wants no reviews at all sets plan to blocked";
const maxRunning = z
  .int(noneMessage)
  .min(1, noneMessage)
  .max(1_000, noneMessage)
  .openapi({
    description:
      "Reviews it may have running at once, at least 1: whoever wants none sets `plan` to `blocked`. What is above a " +
      "lowered one runs to its end.",
  });
const weight = z.int().min(1).max(1_000).openapi({
  description: "Its share where owners want more than there is: twice the weight, twice as much.",
});

const review = reviewSettings.meta({
  description:
    "How its repositories are reviewed where their `.reviewd.yml` says nothing; `/schema/reviewd.json` describes it. " +
    "What it says about forks a repository can make stricter only, and instructions of both are followed.",
});

const settingsSchema = z
  .object({
    owner: z.object({ id: z.uuid(), login: z.string(), forge: z.string(), host: z.string() }),
    plan,
    max_running: maxRunning,
    weight,
    review,
    warnings: z.array(z.string()).openapi({
      description: "What has no effect in `review`, such as an id in `disabled_rules` that no rule has.",
    }),
    required_actions: z.array(z.object({ text: z.string(), since: z.iso.datetime() })).openapi({
      description:
        "What somebody has to do before reviews can go on, the oldest first: until then its tasks wait.",
    }),
  })
  .openapi("OwnerSettings");

const changesSchema = z
  .strictObject({ plan, max_running: maxRunning, weight, review })
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, "there is nothing to change")
  .openapi("OwnerSettingsChanges");

const path = "/owners/{id}/settings";
const request = { params: z.object({ id: z.string().openapi({ description: "The owner's id." }) }) };
const secured = { security: [{ bearer: [] }], tags: ["owners"], path };
const settings = {
  description: "The settings as they are now.",
  content: { "application/json": { schema: settingsSchema } },
};

export function addOwnerRoutes(api: Api, { db }: ServeContext): void {
  const getSettings = createRoute({
    ...secured,
    method: "get",
    operationId: "getOwnerSettings",
    summary: "An owner's settings",
    middleware: requireScope(db, "review:read", "admin"),
    request,
    responses: { 200: settings, ...problemAnswers(400, 401, 403, 404) },
  });
  const changeSettings = createRoute({
    ...secured,
    method: "patch",
    operationId: "changeOwnerSettings",
    summary: "Changes an owner's plan, its capacity, how it is reviewed",
    description:
      "What is left out stays; `review` is replaced as a whole. A token that is bound to the owner may change `review` " +
      "alone. Blocking a plan answers when the owner's work is cancelled or told to stop, and may be asked for again; " +
      "once it is active, the next sweeps find its open heads.",
    middleware: requireScope(db, "settings:write"),
    request: {
      ...request,
      body: { required: true, content: { "application/json": { schema: changesSchema } } },
    },
    responses: { 200: settings, ...problemAnswers(400, 401, 403, 404, 415) },
  });

  api.openapi(getSettings, async (c) => c.json(await settingsJson(db, await getVisibleOwner(db, c)), 200));
  api.openapi(changeSettings, async (c) => {
    const { id } = await getVisibleOwner(db, c);
    const changes = c.req.valid("json");
    requireInstanceWideFor(c, Object.keys(changes));
    const { plan, max_running: maxRunning, weight, review } = changes;
    await changeOwnerSettings({ db }, id, { plan, maxRunning, weight, review });
    c.get("log").info({ ownerId: id, plan, maxRunning, weight, review }, "owner settings changed");
    return c.json(await settingsJson(db, await getVisibleOwner(db, c)), 200);
  });
}

/**
 * How it is reviewed is an owner's own affair; what it may use of the instance is not.
 * @throws ReviewdError `forbidden`
 */
function requireInstanceWideFor(c: ApiRequest, changed: readonly string[]): void {
  const ofInstance = changed.filter((name) => name !== "review");
  if (c.get("caller").ownerId === null || ofInstance.length === 0) return;
  const names = ofInstance.join(", ");
  throw new ReviewdError(
    "forbidden",
    `the token is bound to an owner and may change review alone; ${names} wants one of the whole instance`,
  );
}

/** @throws ReviewdError `not_found`, the same for what is malformed, unknown, and another owner */
async function getVisibleOwner(db: ServeContext["db"], c: ApiRequest): Promise<Owner> {
  const id = z.uuid().safeParse(c.req.param("id"));
  const { ownerId } = c.get("caller");
  const isVisible = id.success && (ownerId === null || ownerId === id.data.toLowerCase());
  const owner = isVisible ? await findOwner(db, id.data) : null;
  if (!owner) throw new ReviewdError("not_found", "there is no such owner");
  return owner;
}

async function settingsJson(db: ServeContext["db"], row: Owner): Promise<z.output<typeof settingsSchema>> {
  const { id, login, forge, host } = row;
  const actions = await findRequiredActions(db, id);
  const review = readStoredSettings(row.reviewSettings);
  return {
    owner: { id, login, forge, host },
    plan: row.plan,
    max_running: row.maxRunning,
    weight: row.weight,
    review,
    warnings: findIdleRules(review.disabled_rules ?? []).map(({ message }) => message),
    required_actions: actions.map(({ text, since }) => ({ text, since: since.toISOString() })),
  };
}
