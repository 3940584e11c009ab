/** Threads of review comments: which there are, and their end. Only GraphQL knows of them. */
import { z } from "zod";
import type { Forge } from "../forge.ts";
import type { ReviewThread, ThreadEnd, ThreadEnded } from "../posted.ts";
import type { GitHubClient } from "./github-client.ts";
import { type GraphqlError, queryGraphql, sendGraphql } from "./graphql.ts";
import { repositoryScope } from "./scope.ts";

/** Beyond so many comments somebody else has surely joined in. */
const maxComments = 20;

const query = `query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id
          isResolved
          comments(first: ${maxComments}) {
            totalCount
            nodes {
              id
              databaseId
              isMinimized
              author { ... on Bot { databaseId } ... on User { databaseId } }
            }
          }
        }
      }
    }
  }
}`;

const threadSchema = z
  .object({
    id: z.string(),
    isResolved: z.boolean(),
    comments: z.object({
      totalCount: z.number(),
      nodes: z.array(
        z.object({
          id: z.string(),
          databaseId: z.number(),
          isMinimized: z.boolean(),
          author: z.object({ databaseId: z.number().nullish() }).nullable(),
        }),
      ),
    }),
  })
  .transform(({ id, isResolved, comments: { totalCount, nodes } }): ReviewThread => {
    const unread = Array.from({ length: totalCount - nodes.length }, () => null);
    return {
      id,
      isResolved,
      comments: nodes.map(({ id: nodeId, databaseId, isMinimized }) => ({
        id: databaseId,
        nodeId,
        isMinimized,
      })),
      authorIds: [...nodes.map(({ author }) => author?.databaseId ?? null), ...unread],
    };
  });

const pageSchema = z.object({
  repository: z.object({
    pullRequest: z.object({
      reviewThreads: z.object({
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
        nodes: z.array(threadSchema),
      }),
    }),
  }),
});

export function createThreads(client: GitHubClient): Pick<Forge, "listThreads" | "endThreads"> {
  return {
    listThreads: async (repository, number) => {
      const threads: ReviewThread[] = [];
      const scope = repositoryScope(repository, { pull_requests: "read" });
      const [owner, name] = repository.fullName.split("/");
      let after: string | null = null;
      do {
        const variables: Record<string, unknown> = { owner, name, number, after };
        const answer = await queryGraphql(client, scope, { query, variables, schema: pageSchema });
        const { nodes, pageInfo } = answer.data.repository.pullRequest.reviewThreads;
        threads.push(...nodes);
        after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      } while (after !== null);
      return threads;
    },
    endThreads: async (repository, ends) => {
      const resolves = ends.some(({ kind }) => kind === "resolve");
      const scope = repositoryScope(repository, {
        pull_requests: "write",
        ...(resolves ? { contents: "write" as const } : {}),
      });
      const { errors } = await sendGraphql(client, scope, {
        query: `mutation { ${ends.map(toMutation).join(" ")} }`,
        variables: {},
        schema: z.unknown(),
      });
      return ends.map((_, at) => toEnded(errors.filter(({ path }) => path?.[0] === nameOf(at))));
    },
  };
}

function nameOf(at: number): string {
  return `end${at}`;
}

/** All in one request, so ids are written into it: JSON's strings are GraphQL's. */
function toMutation(end: ThreadEnd, at: number): string {
  switch (end.kind) {
    case "resolve":
      return `${nameOf(at)}: resolveReviewThread(input: { threadId: ${JSON.stringify(end.threadId)} }) { clientMutationId }`;
    case "minimize":
      return `${nameOf(at)}: minimizeComment(input: { subjectId: ${JSON.stringify(end.nodeId)}, classifier: RESOLVED }) { clientMutationId }`;
  }
}

function toEnded(errors: readonly GraphqlError[]): ThreadEnded {
  const [first] = errors;
  if (!first) return "ended";
  if (first.type === "NOT_FOUND") return "missing";
  return first.type === "FORBIDDEN" ? "forbidden" : "failed";
}
