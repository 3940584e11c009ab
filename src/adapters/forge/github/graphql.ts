/** GraphQL queries, and what their errors mean: an answer with errors may still hold data that is good. */
import { z } from "zod";
import { ReviewdError } from "../../../errors.ts";
import { limitDelayMs, limitWording } from "./failure.ts";
import type { GitHubClient } from "./github-client.ts";
import type { Scope } from "./scope.ts";

const answerSchema = z.object({
  /** Absent when nothing could be answered. */
  data: z.unknown().optional(),
  errors: z
    .array(
      z.object({
        type: z.string().optional(),
        message: z.string(),
        path: z.array(z.union([z.string(), z.number()])).optional(),
      }),
    )
    .default([]),
});

export type GraphqlError = z.output<typeof answerSchema>["errors"][number];

export interface GraphqlQuery<Schema extends z.ZodType> {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Shape of `data`. */
  readonly schema: Schema;
}

interface GraphqlAnswer<Schema extends z.ZodType> {
  readonly data: z.output<Schema>;
  readonly errors: readonly GraphqlError[];
}

/** Only for queries: they are tried again as a GET is. */
export async function queryGraphql<Schema extends z.ZodType>(
  client: GitHubClient,
  scope: Scope,
  query: GraphqlQuery<Schema>,
): Promise<GraphqlAnswer<Schema>> {
  return await ask(client, scope, query, true);
}

/** For mutations: sent once. */
export async function sendGraphql<Schema extends z.ZodType>(
  client: GitHubClient,
  scope: Scope,
  mutation: GraphqlQuery<Schema>,
): Promise<GraphqlAnswer<Schema>> {
  return await ask(client, scope, mutation, false);
}

async function ask<Schema extends z.ZodType>(
  client: GitHubClient,
  scope: Scope,
  { query, variables, schema }: GraphqlQuery<Schema>,
  repeatable: boolean,
): Promise<GraphqlAnswer<Schema>> {
  const answer = await client.as(scope)({
    method: "POST",
    url: client.urls.graphql,
    query,
    variables,
    request: { repeatable },
  });
  const { data, errors } = parse(answerSchema, answer.data, []);
  // Limits are told with status 200, too.
  const limit = errors.find(isLimit);
  if (limit) {
    const retryAfterMs = limitDelayMs(answer.headers, client.now());
    client.pauseGraphql(scope, retryAfterMs, isSecondary(limit));
    throw new ReviewdError("rate_limited", `GraphQL: ${limit.message}`, { retryAfterMs });
  }
  return { data: parse(schema, data, errors), errors };
}

/** The type is either, the second one since 2025; a secondary limit has none. */
function isLimit({ type, message }: GraphqlError): boolean {
  return type === "RATE_LIMITED" || type === "RATE_LIMIT" || limitWording.test(message);
}

/** These are of all calls of an installation. */
function isSecondary({ message }: GraphqlError): boolean {
  return /secondary|abuse/i.test(message);
}

/** An answer of another shape is one that GitHub did not manage to give; its errors say why. */
function parse<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  errors: readonly GraphqlError[],
): z.output<Schema> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const said = errors.map((error) => error.message).join("; ") || "an answer of another shape";
  throw new ReviewdError("unavailable", `GraphQL: ${said}`, { cause: parsed.error });
}
