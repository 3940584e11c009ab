/** Reactions to comments: many comments at once by GraphQL, one comment in full by REST. */
import { z } from "zod";
import { ReviewdError } from "../../../errors.ts";
import type { Forge, Reaction, RepositoryRef } from "../forge.ts";
import { toAccount } from "./account.ts";
import type { GitHubClient } from "./github-client.ts";
import { queryGraphql } from "./graphql.ts";
import { pages } from "./pages.ts";
import { reactionQuery, reactionSchema, toReads } from "./reaction-answers.ts";
import { repositoryPath } from "./repository-path.ts";
import { installationScope, repositoryScope } from "./scope.ts";

/** GitHub's limit on `nodes(ids:)`. */
const maxIds = 100;
/** What a batch costs by GitHub's formula, where a server that does not limit tells no cost. */
const pointsOfBatch = 1;
/** A list that is not read alike by then is left. */
const maxReadings = 3;

const batchSchema = z.object({
  // Null on an Enterprise Server that does not limit, which is how they come.
  rateLimit: z.object({ cost: z.number(), remaining: z.number(), resetAt: z.string() }).nullable(),
  nodes: z.array(z.unknown()),
});

const pageSchema = z.array(
  z.object({
    id: z.int(),
    content: z.string(),
    created_at: z.iso.datetime({ offset: true }),
    user: z.object({ id: z.int(), login: z.string(), type: z.string() }).nullish(),
  }),
);

type Comment = Parameters<Forge["listReactions"]>[1];

export function createReactions(client: GitHubClient): Pick<Forge, "readReactions" | "listReactions"> {
  return {
    readReactions: async (installationId, nodeIds) => {
      if (nodeIds.length > maxIds)
        throw new ReviewdError("invalid_input", `${nodeIds.length} node ids are over the limit of ${maxIds}`);
      const scope = installationScope(installationId, { pull_requests: "read" });
      const { data, errors } = await queryGraphql(client, scope, {
        query: reactionQuery,
        variables: { ids: nodeIds },
        schema: batchSchema,
      });
      const { rateLimit, nodes } = data;
      return {
        reads: toReads({ nodes, errors }, nodeIds),
        points: rateLimit?.cost ?? pointsOfBatch,
        limit: rateLimit && { pointsLeft: rateLimit.remaining, resetAt: rateLimit.resetAt },
      };
    },
    listReactions: async (repository, comment) => {
      let before = await listOnce(client, repository, comment);
      if (before.pages === 1) return before.reactions;
      for (let readings = 2; readings <= maxReadings; readings++) {
        const now = await listOnce(client, repository, comment);
        if (holds(now.reactions, before.reactions)) return now.reactions;
        before = now;
      }
      throw new ReviewdError("conflict", `the reactions to comment ${comment.id} change as they are read`);
    },
  };
}

async function listOnce(client: GitHubClient, repository: RepositoryRef, { kind, id }: Comment) {
  const call = client.as(repositoryScope(repository, { pull_requests: "read" }));
  const parameters = { ...repositoryPath(repository), comment_id: id };
  // Summaries and answers are issue comments; inline comments and the replies to them are review comments.
  const route =
    kind === "summary" || kind === "answer"
      ? "GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions"
      : "GET /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions";
  const reactions: Reaction[] = [];
  let count = 0;
  for await (const page of pages(call, route, parameters)) {
    reactions.push(...toReactions(page));
    count++;
  }
  return { reactions, pages: count };
}

function toReactions(page: unknown): readonly Reaction[] {
  const parsed = pageSchema.safeParse(page);
  if (!parsed.success)
    throw new ReviewdError("unavailable", "reactions of another shape", { cause: parsed.error });
  return parsed.data.flatMap(({ id, content, created_at, user }) => {
    const kind = reactionSchema.safeParse(content);
    return kind.success ? [{ id, content: kind.data, createdAt: created_at, reactor: toAccount(user) }] : [];
  });
}

/**
 * One taken back while the pages are read moves those behind it forward, and one of them from a page still to come to one
 * that was read. The list that lacks it holds what was taken back, which the next reading does not.
 */
function holds(now: readonly Reaction[], before: readonly Reaction[]): boolean {
  const ids = new Set(now.map(({ id }) => id));
  return before.every(({ id }) => ids.has(id));
}
