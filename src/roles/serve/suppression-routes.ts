/** What reviews are not to say any more: what was proposed, and a person's decision. */
import { createRoute, z } from "@hono/zod-openapi";
import { suppressions } from "../../adapters/postgres/schema.ts";
import {
  findSuppressionView,
  listSuppressionViews,
  type SuppressionView,
} from "../../adapters/postgres/suppression-views.ts";
import type { Decision } from "../../adapters/postgres/suppressions.ts";
import {
  type DecisionRefusal,
  decideSuppression,
  decisionDays,
} from "../../domain/feedback/decide-suppression.ts";
import { ReviewdError } from "../../errors.ts";
import type { Api, ApiRequest, ServeContext } from "./api.ts";
import { requireScope } from "./authenticate.ts";
import { cursorParameter, limitParameter, textParameter, toPage } from "./paging.ts";
import { conflictAnswers, problemAnswers } from "./problem.ts";
import { listSchema, suppressionJson, suppressionSchema } from "./suppression-schema.ts";

const refusals: Readonly<Record<DecisionRefusal, string>> = {
  already_approved: "it was approved already; for another number of days refuse it, then approve it again",
  already_refused: "it was refused already; as long as its time runs, approving it takes that back",
  expired:
    "it is over: its time is up, or the votes do not bear it any more; what people go on disliking is proposed anew",
};

const approvalSchema = z
  .strictObject({
    days: z.int().min(1).max(365).default(decisionDays).openapi({ description: "How long it holds." }),
  })
  .openapi("SuppressionApproval", { example: { days: 30 } });

const listQuery = z.object({
  state: z.enum(suppressions.state.enumValues).optional(),
  owner: textParameter.optional().openapi({ description: "Login of the owner." }),
  repository: textParameter.optional().openapi({
    description: "`owner/name`; what is about all of its owner's repositories is left out.",
  }),
  cursor: cursorParameter,
  limit: limitParameter,
});

const secured = { security: [{ bearer: [] }], tags: ["suppressions"] };
const path = z.object({ id: z.string().openapi({ description: "The suppression's id." }) });
const one = {
  description: "As it is now.",
  content: { "application/json": { schema: suppressionSchema } },
};
const told = `Refused with a \`reason\`: ${Object.keys(refusals).join(", ")}.`;

export function addSuppressionRoutes(api: Api, ctx: ServeContext): void {
  addReading(api, ctx);
  addDeciding(api, ctx);
}

function addReading(api: Api, { db }: ServeContext): void {
  const readers = { ...secured, middleware: requireScope(db, "review:read", "settings:write") };
  const listRoute = createRoute({
    ...readers,
    method: "get",
    path: "/suppressions",
    operationId: "listSuppressions",
    summary: "What was proposed for suppression and what became of it, newest first",
    request: { query: listQuery },
    responses: {
      200: { description: "A page of them.", content: { "application/json": { schema: listSchema } } },
      ...problemAnswers(400, 401, 403),
    },
  });
  const getRoute = createRoute({
    ...readers,
    method: "get",
    path: "/suppressions/{id}",
    operationId: "getSuppression",
    summary: "One suppression",
    request: { params: path },
    responses: { 200: one, ...problemAnswers(400, 401, 403, 404) },
  });

  api.openapi(listRoute, async (c) => {
    const { cursor, limit, ...filter } = c.req.valid("query");
    const { ownerId: visibleTo } = c.get("caller");
    const found = await listSuppressionViews(db, {
      ...filter,
      visibleTo,
      beforeId: cursor,
      limit: limit + 1,
    });
    const { page, nextCursor: next } = toPage(found, limit, ({ id }) => id);
    return c.json({ suppressions: page.map(suppressionJson), next_cursor: next }, 200);
  });
  api.openapi(getRoute, async (c) => c.json(suppressionJson(await getVisible(db, c)), 200));
}

function addDeciding(api: Api, { db }: ServeContext): void {
  const deciders = requireScope(db, "settings:write");
  const approveRoute = createRoute({
    ...secured,
    method: "post",
    path: "/suppressions/{id}/approve",
    operationId: "approveSuppression",
    summary: `Puts a suppression in force for a time, one that was proposed, or refused less than ${decisionDays} days ago`,
    description: `From the next review on, its findings are held back and counted in the summary. ${told}`,
    middleware: deciders,
    request: { params: path, body: { content: { "application/json": { schema: approvalSchema } } } },
    responses: { 200: one, ...problemAnswers(400, 401, 403, 404, 415), ...conflictAnswers(refusals) },
  });
  const refuseRoute = createRoute({
    ...secured,
    method: "post",
    path: "/suppressions/{id}/refuse",
    operationId: "refuseSuppression",
    summary: "Refuses a proposed suppression, or ends one that is in force",
    description: `The same is not proposed again for ${decisionDays} days; until then it can be approved. ${told}`,
    middleware: deciders,
    request: { params: path },
    responses: { 200: one, ...problemAnswers(400, 401, 403, 404), ...conflictAnswers(refusals) },
  });

  api.openapi(approveRoute, async (c) => {
    const { days = decisionDays } = c.req.valid("json");
    return c.json(suppressionJson(await decide(db, c, { state: "approved", days })), 200);
  });
  api.openapi(refuseRoute, async (c) => {
    const refused = await decide(db, c, { state: "refused", days: decisionDays });
    return c.json(suppressionJson(refused), 200);
  });
}

async function decide(
  db: ServeContext["db"],
  c: ApiRequest,
  decision: Omit<Decision, "by">,
): Promise<SuppressionView> {
  const { id, owner, repository, kind, subject } = await getVisible(db, c);
  const by = c.get("caller").tokenName;
  const refusal = await decideSuppression({ db }, id, { ...decision, by });
  if (refusal === "unknown") throw notFound();
  if (refusal !== null) throw new ReviewdError("conflict", refusals[refusal], { reason: refusal });
  const about = { suppressionId: id, owner: owner.login, repository: repository?.fullName, kind, subject };
  c.get("log").info({ ...about, ...decision, by }, "suppression decided");
  return await getVisible(db, c);
}

/** @throws ReviewdError `not_found`, the same for what is malformed, unknown, and another owner's */
async function getVisible(db: ServeContext["db"], c: ApiRequest): Promise<SuppressionView> {
  const id = c.req.param("id") ?? "";
  const { ownerId } = c.get("caller");
  const found = z.uuid().safeParse(id).success ? await findSuppressionView(db, id, ownerId) : null;
  if (!found) throw notFound();
  return found;
}

function notFound(): ReviewdError {
  return new ReviewdError("not_found", "there is no such suppression");
}
