/** What people did with a task's comments. */
import { createRoute, z } from "@hono/zod-openapi";
import {
  type CommentView,
  type FeedbackView,
  listCommentViews,
} from "../../adapters/postgres/comment-views.ts";
import { findings, reviewComments, reviewFeedback } from "../../adapters/postgres/schema.ts";
import type { Api, ServeContext } from "./api.ts";
import { requireScope } from "./authenticate.ts";
import { problemAnswers } from "./problem.ts";
import { getVisibleTask, taskPath } from "./task-routes.ts";

const time = z.iso.datetime();

const feedbackSchema = z
  .object({
    kind: z.enum(reviewFeedback.kind.enumValues),
    content: z.string().openapi({
      description: "A reaction's name, such as `+1`; of a reply, its text; else `resolved` or `dismissed`.",
    }),
    user: z
      .object({ id: z.int(), login: z.string().nullable() })
      .nullable()
      .openapi({ description: "Null: the account was deleted, or may not be seen." }),
    created_at: time,
  })
  .openapi("Feedback");

const commentSchema = z
  .object({
    id: z.uuid(),
    kind: z.enum(reviewComments.kind.enumValues),
    path: z.string().nullable(),
    line: z.int().nullable(),
    severity: z.enum(findings.severity.enumValues).nullable(),
    finding_id: z.uuid().nullable(),
    link: z.string(),
    posted_at: time,
    gone_at: time.nullable().openapi({ description: "When it was seen to have been deleted." }),
    feedback: z.array(feedbackSchema).openapi({ description: "What holds now, oldest first." }),
  })
  .openapi("CommentFeedback");

const taskFeedbackSchema = z
  .object({
    task_id: z.uuid(),
    totals: z.object({
      comments: z.int(),
      feedback: z.int(),
      reactions: z
        .record(z.string(), z.int())
        .openapi({ description: "How often each reaction was given; those never given are left out." }),
      replies: z.int(),
      threads: z.int(),
      dismissals: z.int(),
    }),
    comments: z.array(commentSchema),
  })
  .openapi("TaskFeedback", {
    example: {
      task_id: "01a1fd00-0000-7000-8000-000000000001",
      totals: {
        comments: 2,
        feedback: 3,
        reactions: { "-1": 1 },
        replies: 1,
        threads: 1,
        dismissals: 0,
      },
      comments: [
        {
          id: "01a1fd00-0000-7000-8000-000000000002",
          kind: "inline",
          path: "src/cart.ts",
          line: 12,
          severity: "high",
          finding_id: "01a1fd00-0000-7000-8000-000000000003",
          link: "https://github.com/acme/shop/pull/7#discussion_r501",
          posted_at: "2026-11-20T09:00:00.000Z",
          gone_at: null,
          feedback: [
            {
              kind: "reaction",
              content: "-1",
              user: { id: 41, login: "ada" },
              created_at: "2026-11-20T09:05:00.000Z",
            },
            {
              kind: "reply",
              content: "The caller checks that.",
              user: { id: 41, login: "ada" },
              created_at: "2026-11-20T09:06:00.000Z",
            },
            { kind: "thread", content: "resolved", user: null, created_at: "2026-11-20T10:00:00.000Z" },
          ],
        },
        {
          id: "01a1fd00-0000-7000-8000-000000000004",
          kind: "summary",
          path: null,
          line: null,
          severity: null,
          finding_id: null,
          link: "https://github.com/acme/shop/pull/7#issuecomment-502",
          posted_at: "2026-11-20T09:00:00.000Z",
          gone_at: null,
          feedback: [],
        },
      ],
    },
  });

export function addFeedbackRoutes(api: Api, { db }: ServeContext): void {
  const route = createRoute({
    security: [{ bearer: [] }],
    tags: ["tasks"],
    method: "get",
    path: "/tasks/{id}/feedback",
    operationId: "getTaskFeedback",
    summary: "What people did with a task's comments",
    middleware: requireScope(db, "review:read"),
    request: { params: taskPath },
    responses: {
      200: {
        description: "Every comment, also those nobody reacted to.",
        content: { "application/json": { schema: taskFeedbackSchema } },
      },
      ...problemAnswers(400, 401, 403, 404),
    },
  });
  api.openapi(route, async (c) => {
    const { id } = await getVisibleTask(db, c);
    const comments = await listCommentViews(db, id);
    return c.json({ task_id: id, totals: total(comments), comments: comments.map(commentJson) }, 200);
  });
}

function total(comments: readonly CommentView[]): z.output<typeof taskFeedbackSchema>["totals"] {
  const feedback = comments.flatMap((comment) => comment.feedback);
  const byKind = Map.groupBy(feedback, ({ kind }) => kind);
  const byContent = Map.groupBy(byKind.get("reaction") ?? [], ({ content }) => content);
  return {
    comments: comments.length,
    feedback: feedback.length,
    reactions: Object.fromEntries([...byContent].map(([content, given]) => [content, given.length])),
    replies: byKind.get("reply")?.length ?? 0,
    threads: byKind.get("thread")?.length ?? 0,
    dismissals: byKind.get("dismissal")?.length ?? 0,
  };
}

function commentJson(comment: CommentView): z.output<typeof commentSchema> {
  return {
    id: comment.id,
    kind: comment.kind,
    path: comment.path,
    line: comment.line,
    severity: comment.severity,
    finding_id: comment.findingId,
    link: comment.url,
    posted_at: comment.postedAt.toISOString(),
    gone_at: comment.goneAt?.toISOString() ?? null,
    feedback: comment.feedback.map(feedbackJson),
  };
}

function feedbackJson(feedback: FeedbackView): z.output<typeof feedbackSchema> {
  const { kind, content, reactorId: id, reactorLogin: login, createdAt } = feedback;
  return { kind, content, user: id === null ? null : { id, login }, created_at: createdAt.toISOString() };
}
