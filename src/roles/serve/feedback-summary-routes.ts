/** How good reviews are: what people made of what was said, added up by what is asked for. */
import { createRoute, z } from "@hono/zod-openapi";
import pLimit from "p-limit";
import { getDatabaseTime } from "../../adapters/postgres/clock.ts";
import {
  type SummaryGroup,
  summariseFeedback,
  summaryKeys,
} from "../../adapters/postgres/feedback-summary.ts";
import { measurePrecision, roundPrecision } from "../../domain/feedback/precision.ts";
import { ReviewdError } from "../../errors.ts";
import type { Api, ServeContext } from "./api.ts";
import { requireScope } from "./authenticate.ts";
import { sinceParameter, textParameter } from "./paging.ts";
import { problemAnswers } from "./problem.ts";

const count = z.int().min(0);
const share = z.number().min(0).max(1);

const groupSchema = z
  .object({
    group: z.record(z.string(), z.string()).openapi({
      description:
        "What the numbers are of, by the words of `group_by`; empty text where a finding has none of it.",
    }),
    comments: count.openapi({ description: "Inline comments that were posted." }),
    liked: count.openapi({ description: "Comments with more votes in favour than against." }),
    disliked: count.openapi({ description: "Comments with more votes against than in favour." }),
    replies: count,
    resolved: count.openapi({ description: "Comments whose thread was resolved." }),
    dismissed: count.openapi({ description: "Comments whose review was dismissed." }),
    votes: z.object({ up: z.number(), down: z.number() }).openapi({
      description:
        "People by what their reactions to a comment come to: 👍 ❤️ 🎉 🚀 in favour, 👎 😕 against, as often the one " +
        "as the other nothing. Those without write access to a public repository count a quarter.",
    }),
    precision: z.object({ value: share.nullable(), low: share, high: share }).openapi({
      description: "The share of the votes in favour, with the interval it lies in at 95 % confidence.",
    }),
  })
  .openapi("FeedbackGroup");

const summarySchema = z
  .object({
    since: z.iso.datetime(),
    until: z.iso.datetime(),
    groups: z
      .array(groupSchema)
      .openapi({ description: "Those with the most comments first, at most 1000." }),
    truncated: z.boolean().openapi({ description: "There are more groups: ask for a shorter time." }),
  })
  .openapi("FeedbackSummary", {
    example: {
      since: "2026-10-22T00:00:00.000Z",
      until: "2026-11-21T00:00:00.000Z",
      groups: [
        {
          group: { week: "2026-11-02", rule: "javascript/eval" },
          comments: 12,
          liked: 6,
          disliked: 1,
          replies: 4,
          resolved: 9,
          dismissed: 0,
          votes: { up: 7, down: 1 },
          precision: { value: 0.875, low: 0.529, high: 0.978 },
        },
      ],
      truncated: false,
    },
  });

const maxGroups = 1_000;
/**
 * Added up at the same time in a process. One of 100,000 comments takes a second, and webhooks must find one of the ten
 * connections to the database free.
 */
const concurrency = 4;
const defaultDays = 30;
const dayMs = 86_400_000;

const someKeys = z.array(z.enum(summaryKeys)).min(1).max(3);
const groupByParameter = z
  .string()
  .default("repository")
  .transform((text, { addIssue }) => {
    const { data } = someKeys.safeParse(text.split(","));
    if (data) return data;
    addIssue(`expected up to three of ${summaryKeys.join(", ")}, separated by commas`);
    return z.NEVER;
  })
  .openapi({
    type: "string",
    example: "week,rule",
    description: `Up to three of ${summaryKeys.join(", ")}, separated by commas; repository if unset.`,
  });

export function addFeedbackSummaryRoutes(api: Api, { db }: ServeContext): void {
  const route = createRoute({
    security: [{ bearer: [] }],
    tags: ["feedback"],
    method: "get",
    path: "/feedback/summary",
    operationId: "summariseFeedback",
    summary: "What people made of the comments of a time, added up",
    middleware: requireScope(db, "review:read"),
    request: {
      query: z.object({
        group_by: groupByParameter,
        since: sinceParameter.openapi({
          description: "When they were posted, at the earliest; 30 days ago if unset.",
        }),
        until: sinceParameter.openapi({ description: "Only those posted before; now if unset." }),
        owner: textParameter.optional().openapi({ description: "A login." }),
        repository: textParameter.optional().openapi({ description: "`owner/name`" }),
      }),
    },
    responses: {
      200: { description: "The groups.", content: { "application/json": { schema: summarySchema } } },
      ...problemAnswers(400, 401, 403),
    },
  });
  const limit = pLimit(concurrency);
  api.openapi(route, async (c) => {
    const { group_by: groupBy, owner, repository, ...time } = c.req.valid("query");
    const until = time.until ?? (await getDatabaseTime(db));
    const since = time.since ?? new Date(until.getTime() - defaultDays * dayMs);
    if (since >= until) throw new ReviewdError("invalid_input", "`since` is not before `until`");
    const visibleTo = c.get("caller").ownerId;
    const filter = { visibleTo, since, until, owner, repository };
    const groups = await limit(() => summariseFeedback(db, groupBy, filter, maxGroups + 1));
    return c.json(
      {
        since: since.toISOString(),
        until: until.toISOString(),
        groups: groups.slice(0, maxGroups).map((group) => groupJson(group, groupBy)),
        truncated: groups.length > maxGroups,
      },
      200,
    );
  });
}

function groupJson(
  { keys, up, down, ...counts }: SummaryGroup,
  groupBy: readonly string[],
): z.output<typeof groupSchema> {
  const group = Object.fromEntries(groupBy.map((name, i) => [name, keys[i] ?? ""]));
  return { group, ...counts, votes: { up, down }, precision: roundPrecision(measurePrecision(up, down)) };
}
