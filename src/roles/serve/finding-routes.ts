/** What a task's reviewer found. */
import { createRoute, z } from "@hono/zod-openapi";
import { type FindingRow, findFindings } from "../../adapters/postgres/findings.ts";
import { findings } from "../../adapters/postgres/schema.ts";
import type { Api, ServeContext } from "./api.ts";
import { requireScope } from "./authenticate.ts";
import { problemAnswers } from "./problem.ts";
import { getVisibleTask, taskPath } from "./task-routes.ts";

const findingSchema = z
  .object({
    id: z.uuid(),
    reviewer: z.enum(findings.reviewer.enumValues),
    reported_by: z.array(z.string()).openapi({
      description: "Every reviewer that reported it; the first is the one whose words are kept.",
    }),
    rule_id: z.string().nullable(),
    path: z.string(),
    start_line: z.int(),
    line: z.int(),
    severity: z.enum(findings.severity.enumValues),
    category: z.string(),
    title: z.string(),
    body: z.string(),
    suggestion: z.string().nullable(),
    disposition: z.enum(findings.disposition.enumValues).openapi({
      description:
        "Where it is said: `inline` at its line, in the `summary`, not again (`repeated`: it was said on an earlier " +
        "head), or not at all (`withheld`).",
    }),
    withheld_reason: z
      .enum(findings.withheldReason.enumValues)
      .nullable()
      .openapi({
        description:
          "Why it is not said: it is less severe than the configuration wants (`below_threshold`), its lines were " +
          "reviewed before (`unchanged_lines`), a person does not want it (`dismissed`), or its rule or category is " +
          "suppressed there (`suppressed`).",
      }),
    origin_id: z.uuid().openapi({
      description: "The first finding of the same problem on this pull request; its own id where it is new.",
    }),
  })
  .openapi("Finding");

const findingsSchema = z.object({ task_id: z.uuid(), findings: z.array(findingSchema) }).openapi("Findings");

export function addFindingRoutes(api: Api, { db }: ServeContext): void {
  const route = createRoute({
    security: [{ bearer: [] }],
    tags: ["tasks"],
    method: "get",
    path: "/tasks/{id}/findings",
    operationId: "listFindings",
    summary: "A task's findings, most severe first",
    middleware: requireScope(db, "review:read"),
    request: { params: taskPath },
    responses: {
      200: { description: "All of them.", content: { "application/json": { schema: findingsSchema } } },
      ...problemAnswers(400, 401, 403, 404),
    },
  });
  api.openapi(route, async (c) => {
    const { id } = await getVisibleTask(db, c);
    const found = await findFindings(db, id);
    return c.json({ task_id: id, findings: found.map(findingJson) }, 200);
  });
}

function findingJson(row: FindingRow): z.output<typeof findingSchema> {
  return {
    id: row.id,
    reviewer: row.reviewer,
    reported_by: row.reportedBy,
    rule_id: row.ruleId,
    path: row.path,
    start_line: row.startLine,
    line: row.line,
    severity: row.severity,
    category: row.category,
    title: row.title,
    body: row.body,
    suggestion: row.suggestion,
    disposition: row.disposition,
    withheld_reason: row.withheldReason,
    origin_id: row.originId,
  };
}
