/** The queries and mutations of GitHub's GraphQL that fakehub answers. */
import { GraphQLError } from "graphql";
import { resolveThread, unresolveThread } from "../acts/threads.ts";
import type { Caller } from "../authentication.ts";
import { findGrant } from "../grants.ts";
import type { Node, ReviewThread } from "../state.ts";
import type { World } from "../world.ts";
import type { QueryCost } from "./cost.ts";
import { findNode, isVisible, showNode, showPull, showThread } from "./nodes.ts";

const mostIds = 100;

export function rootValue(world: World, caller: Caller, cost: QueryCost) {
  return {
    rateLimit: () => showRateLimit(world, caller, cost),
    node: ({ id }: { id: string }) => findNode(world, caller, id) ?? notFound(id),
    nodes: ({ ids }: { ids: readonly string[] }) => showNodes(world, caller, ids),
    repository: ({ owner, name }: { owner: string; name: string }) =>
      showRepository(world, caller, owner, name),
    minimizeComment: ({ input }: Mutation<{ subjectId: string; classifier: string }>) => {
      const reason = input.classifier.toLowerCase().replaceAll("_", "-");
      return { ...echo(input), minimizedComment: minimize(world, caller, input.subjectId, reason) };
    },
    unminimizeComment: ({ input }: Mutation<{ subjectId: string }>) => ({
      ...echo(input),
      unminimizedComment: minimize(world, caller, input.subjectId, null),
    }),
    resolveReviewThread: ({ input }: Mutation<{ threadId: string }>) => {
      const thread = getThread(world, caller, input.threadId);
      resolveThread(world, thread, world.app.bot);
      return { ...echo(input), thread: showThread(world, thread) };
    },
    unresolveReviewThread: ({ input }: Mutation<{ threadId: string }>) => {
      const thread = getThread(world, caller, input.threadId);
      unresolveThread(world, thread, world.app.bot);
      return { ...echo(input), thread: showThread(world, thread) };
    },
  };
}

/** Every mutation hands back what its caller marked it with. */
function echo({ clientMutationId }: { readonly clientMutationId?: string }) {
  return { clientMutationId: clientMutationId ?? null };
}

interface Mutation<Input> {
  readonly input: Input & { readonly clientMutationId?: string };
}

/** What is unknown is null in its place, with an error that names the place; the others are answered. */
function showNodes(world: World, caller: Caller, ids: readonly string[]) {
  if (ids.length > mostIds)
    throw new GraphQLError(`You may not provide more than ${mostIds} node ids; you provided ${ids.length}.`, {
      extensions: { type: "ARGUMENT_LIMIT" },
    });
  return ids.map((id) => findNode(world, caller, id) ?? notFoundError(id));
}

/** Returned, not thrown: graphql-js makes it the error of this one list entry. */
function notFoundError(id: string): GraphQLError {
  return new GraphQLError(`Could not resolve to a node with the global id of '${id}'`, {
    extensions: { type: "NOT_FOUND" },
  });
}

function notFound(id: string): never {
  throw notFoundError(id);
}

function showRateLimit(world: World, caller: Caller, { points: cost, nodes: nodeCount }: QueryCost) {
  const { limit, used, resetsAtMs } = world.rateLimits.bucket(world, caller, "graphql");
  if (limit === Number.POSITIVE_INFINITY) return null;
  return {
    limit,
    cost,
    used,
    remaining: limit - used,
    nodeCount,
    resetAt: world.clock.format(resetsAtMs),
  };
}

function showRepository(world: World, caller: Caller, owner: string, name: string) {
  const found = world.findRepository(owner, name)?.repository;
  if (!found || findGrant(caller, found) === null)
    throw new GraphQLError(`Could not resolve to a Repository with the name '${owner}/${name}'.`, {
      extensions: { type: "NOT_FOUND" },
    });
  return {
    __typename: "Repository",
    id: found.nodeId,
    databaseId: found.id,
    name: found.name,
    nameWithOwner: `${found.owner.login}/${found.name}`,
    pullRequest: ({ number }: { number: number }) => {
      const pull = world.findPull(found, number);
      if (pull) return showPull(world, pull);
      throw new GraphQLError(`Could not resolve to a PullRequest with the number of ${number}.`, {
        extensions: { type: "NOT_FOUND" },
      });
    },
  };
}

function minimize(world: World, caller: Caller, id: string, reason: string | null) {
  const node = getWritable(world, caller, id);
  if (!("minimizedReason" in node)) notFound(id);
  node.minimizedReason = reason;
  return showNode(world, node);
}

function getThread(world: World, caller: Caller, id: string): ReviewThread {
  const node = getWritable(world, caller, id);
  if (!("resolvedBy" in node)) return notFound(id);
  // A thread's end is said to be a change of the repository's contents.
  if (findGrant(caller, node.pull.repository)?.contents !== "write") throw forbidden();
  return node;
}

function getWritable(world: World, caller: Caller, id: string): Node {
  const node = world.nodes.get(id);
  if (!node || !isVisible(caller, node)) return notFound(id);
  const { repository } = "pull" in node ? node.pull : node;
  if (findGrant(caller, repository)?.pull_requests !== "write") throw forbidden();
  return node;
}

function forbidden(): GraphQLError {
  return new GraphQLError("Resource not accessible by integration", { extensions: { type: "FORBIDDEN" } });
}
