/** What GitHub's GraphQL says of the reactions to many comments: each comment is taken, or left, by itself. */
import { z } from "zod";
import type { Reaction, ReactionRead } from "../forge.ts";
import type { GraphqlError } from "./graphql.ts";

/** One point a batch: ids, and at most a hundred reactions of each. */
export const reactionQuery = `query($ids: [ID!]!) {
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

/** By REST's names. One that GitHub makes up later is no feedback yet: it is left out. */
export const reactionSchema = z.enum(["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]);

const contents: Readonly<Record<string, z.output<typeof reactionSchema>>> = {
  THUMBS_UP: "+1",
  THUMBS_DOWN: "-1",
  LAUGH: "laugh",
  CONFUSED: "confused",
  HEART: "heart",
  HOORAY: "hooray",
  ROCKET: "rocket",
  EYES: "eyes",
};

/** Where an App's page is, at an Enterprise Server the second one. */
const botPath = /^\/(github-)?apps\//;

const namedSchema = z.object({ id: z.string() });

/** GitHub may leave any id out, and is to be read by REST then. */
const answerSchema = z.object({
  reactions: z.object({
    pageInfo: z.object({ hasNextPage: z.literal(false) }),
    // A reaction GitHub could not resolve is null, and so is what holds it in turn.
    nodes: z.array(
      z.object({
        databaseId: z.int(),
        content: z.string(),
        createdAt: z.iso.datetime({ offset: true }),
        user: z.object({ login: z.string(), databaseId: z.int(), resourcePath: z.string() }).nullable(),
      }),
    ),
  }),
});

interface Answer {
  readonly nodes: readonly unknown[];
  readonly errors: readonly GraphqlError[];
}

/**
 * Where an answer names one of the ids it is taken at its word. Else it is the answer to the id in its place (GitHub has
 * two formats of node ids and may answer with the other), as long as there is one for each and none is elsewhere.
 */
export function toReads({ nodes, errors }: Answer, nodeIds: readonly string[]): readonly ReactionRead[] {
  const asked = new Set(nodeIds);
  const names = nodes.map((node) => {
    const { data } = namedSchema.safeParse(node);
    return data && asked.has(data.id) ? data.id : null;
  });
  const isInOrder =
    nodes.length === nodeIds.length && names.every((name, index) => name === null || name === nodeIds[index]);
  return nodes.flatMap((node, index) => {
    const nodeId = names[index] ?? (isInOrder ? nodeIds[index] : undefined);
    if (nodeId === undefined) return [];
    const failures = errors.filter(({ path }) => path?.[0] === "nodes" && path[1] === index);
    return node === null ? toMissing(nodeId, failures, errors) : [toRead(nodeId, node, failures)];
  });
}

/** Null is what does not exist, unless an error says something else of it, or of nothing in particular. */
function toMissing(
  nodeId: string,
  failures: readonly GraphqlError[],
  errors: readonly GraphqlError[],
): readonly ReactionRead[] {
  const told = failures.length > 0 ? failures : errors.filter(({ path }) => path === undefined);
  return told.every(({ type }) => type === "NOT_FOUND") ? [{ nodeId, state: "missing" }] : [];
}

function toRead(nodeId: string, node: unknown, failures: readonly GraphqlError[]): ReactionRead {
  const parsed = answerSchema.safeParse(node);
  if (failures.length > 0 || !parsed.success) return { nodeId, state: "partial" };
  const reactions = parsed.data.reactions.nodes.flatMap(
    ({ databaseId, content, createdAt, user }): Reaction[] => {
      const kind = contents[content];
      if (kind === undefined) return [];
      // GraphQL calls every reactor a user, and leaves the `[bot]` off an App's login: its page tells them apart.
      const isBot = user !== null && botPath.test(user.resourcePath);
      const reactor = user && { id: user.databaseId, login: user.login, isBot };
      return [{ id: databaseId, content: kind, createdAt, reactor }];
    },
  );
  return { nodeId, state: "complete", reactions };
}
