/** Reactions to comments: many comments at once by GraphQL, one comment in full by REST. */
import type { Endpoints } from "@octokit/types";
import { z } from "zod";
import { ReviewdError } from "../../../errors.ts";
import type { Forge, Reaction, ReactionRead } from "../forge.ts";
import { toAccount } from "./account.ts";
import type { GitHubClient } from "./github-client.ts";
import { type GraphqlError, queryGraphql } from "./graphql.ts";
import { pages } from "./pages.ts";
import { repositoryPath } from "./repository-path.ts";
import { installationScope, repositoryScope } from "./scope.ts";
import { toId } from "./to-id.ts";

type RestReaction =
  Endpoints["GET /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions"]["response"]["data"][number];

/** GitHub's limit on `nodes(ids:)`. */
const maxIds = 100;

/** One point a batch: ids, and at most a hundred reactions of each. */
const query = `query($ids: [ID!]!) {
  rateLimit { cost remaining resetAt }
  nodes(ids: $ids) {
    id
    ... on Reactable {
      reactions(first: 100) {
        pageInfo { hasNextPage }
        nodes { databaseId content createdAt user { login databaseId resourcePath } }
      }
    }
  }
}`;

const contents = {
  THUMBS_UP: "+1",
  THUMBS_DOWN: "-1",
  LAUGH: "laugh",
  CONFUSED: "confused",
  HEART: "heart",
  HOORAY: "hooray",
  ROCKET: "rocket",
  EYES: "eyes",
} as const;

const reactionSchema = z
  .object({
    databaseId: z.number(),
    content: z.enum(Object.keys(contents) as (keyof typeof contents)[]),
    createdAt: z.string(),
    user: z.object({ login: z.string(), databaseId: z.number(), resourcePath: z.string() }).nullable(),
  })
  .transform(
    ({ databaseId, content, createdAt, user }): Reaction => ({
      id: databaseId,
      content: contents[content],
      createdAt,
      // GraphQL calls every reactor a user, and leaves the `[bot]` off an App's login: its page tells them apart.
      reactor: user && {
        id: user.databaseId,
        login: user.login,
        isBot: user.resourcePath.startsWith("/apps/"),
      },
    }),
  );

const nodeSchema = z.object({
  id: z.string(),
  reactions: z
    .object({
      pageInfo: z.object({ hasNextPage: z.boolean() }),
      // A reaction GitHub could not resolve is null, and so is what holds it in turn.
      nodes: z.array(reactionSchema.nullable()).nullable(),
    })
    .nullish(),
});

type Node = z.output<typeof nodeSchema>;

const schema = z.object({
  rateLimit: z.object({ cost: z.number(), remaining: z.number(), resetAt: z.string() }),
  nodes: z.array(nodeSchema.nullable()),
});

export function createReactions(client: GitHubClient): Pick<Forge, "readReactions" | "listReactions"> {
  return {
    readReactions: async (installationId, nodeIds) => {
      if (nodeIds.length > maxIds)
        throw new ReviewdError("invalid_input", `${nodeIds.length} node ids are over the limit of ${maxIds}`);
      const scope = installationScope(installationId, { pull_requests: "read" });
      const { data, errors } = await queryGraphql(client, scope, {
        query,
        variables: { ids: nodeIds },
        schema,
      });
      return {
        reads: data.nodes.flatMap((node, index) => toRead(node, nodeIds, index, errors)),
        points: data.rateLimit.cost,
        pointsLeft: data.rateLimit.remaining,
        resetAt: data.rateLimit.resetAt,
      };
    },
    listReactions: async (repository, comment) => {
      const reactions: Reaction[] = [];
      const call = client.as(repositoryScope(repository, { pull_requests: "read" }));
      const parameters = { ...repositoryPath(repository), comment_id: comment.id };
      // Summaries and answers are issue comments; inline comments and the replies to them are review comments.
      const route =
        comment.kind === "summary" || comment.kind === "answer"
          ? "GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions"
          : "GET /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions";
      for await (const page of pages(call, route, parameters)) reactions.push(...page.map(fromRest));
      return reactions;
    },
  };
}

/**
 * Answers come in the order of the ids. Where an answer names one of the ids it is taken at its word: GitHub has
 * two formats of node ids and may answer with the other.
 */
function toRead(
  node: Node | null,
  nodeIds: readonly string[],
  index: number,
  errors: readonly GraphqlError[],
): readonly ReactionRead[] {
  const nodeId = node && nodeIds.includes(node.id) ? node.id : nodeIds[index];
  if (nodeId === undefined) return [];
  const failures = errors.filter(({ path }) => path?.[0] === "nodes" && path[1] === index);
  if (node === null) {
    const isMissing = failures.every((error) => error.type === "NOT_FOUND");
    return isMissing ? [{ nodeId, state: "missing" }] : [];
  }
  if (failures.length > 0 || !node.reactions) return [];
  const { nodes, pageInfo } = node.reactions;
  const reactions = nodes?.filter((reaction) => reaction !== null) ?? [];
  const isComplete = nodes !== null && reactions.length === nodes.length && !pageInfo.hasNextPage;
  return [isComplete ? { nodeId, state: "complete", reactions } : { nodeId, state: "partial" }];
}

function fromRest({ id, content, created_at, user }: RestReaction): Reaction {
  return { id: toId(id), content, createdAt: created_at, reactor: toAccount(user) };
}
