/** `POST /graphql`: each query is held to GitHub's schema, priced, and run against the same records as REST. */
import {
  type DocumentNode,
  defaultFieldResolver,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFieldResolver,
  Kind,
  parse,
  validate,
} from "graphql";
import type { Context } from "hono";
import { authenticate, type Caller } from "../authentication.ts";
import { GitHubError } from "../github-error.ts";
import type { Interference } from "../interference.ts";
import type { Ledger, LedgerCall } from "../ledger.ts";
import { graphqlRoute } from "../route-name.ts";
import type { World } from "../world.ts";
import { queryCost } from "./cost.ts";
import { rootValue } from "./root.ts";
import { gitHubSchema } from "./schema.ts";

const mostNodes = 500_000;
type Variables = Readonly<Record<string, unknown>>;

export function graphqlHandler(world: World, ledger: Ledger, interfere: Interference) {
  return async (context: Context): Promise<Response> => {
    const entry = ledger.open(context.req.raw, graphqlRoute, world.clock.now());
    const response = await interfere(graphqlRoute, () => answer(world, context, entry));
    entry.status = response.status;
    return response;
  };
}

async function answer(world: World, context: Context, entry: LedgerCall): Promise<Response> {
  let caller: Caller = { kind: "anonymous" };
  try {
    caller = authenticate(world, context.req.header("authorization") ?? null);
    if (caller.kind !== "installation")
      throw new GitHubError(401, "This endpoint requires you to be authenticated.");
    entry.installationId = caller.token.installation.id;
    world.secondaryLimits.enter(world, caller);
    const result = await answerQuery(world, context, caller, entry).finally(() =>
      world.secondaryLimits.leave(caller),
    );
    return Response.json(shown(result), { headers: world.rateLimits.headers(world, caller, "graphql") });
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const headers = { ...world.rateLimits.headers(world, caller, "graphql"), ...error.details.headers };
    return Response.json(error.body, { status: error.status, headers });
  }
}

async function answerQuery(
  world: World,
  context: Context,
  caller: Caller,
  entry: LedgerCall,
): Promise<ExecutionResult> {
  const { query, variables } = await readRequest(world, context);
  const { document, problems } = checkQuery(query);
  if (problems.length > 0) return refuse(world, problems);
  return await run(world, caller, document, variables, entry);
}

async function readRequest(world: World, { req }: Context): Promise<{ query: string; variables: Variables }> {
  const { query, variables, operationName: _, ...unknown } = await req.json();
  if (typeof query !== "string")
    throw new GitHubError(400, "A query attribute must be specified and must be a string.");
  for (const name of Object.keys(unknown))
    world.violations.push(`${graphqlRoute}: ${name} is not part of a request`);
  return { query, variables: variables ?? {} };
}

function checkQuery(query: string): { document: DocumentNode; problems: readonly GraphQLError[] } {
  try {
    const document = parse(query);
    return { document, problems: validate(gitHubSchema(), document) };
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { document: { kind: Kind.DOCUMENT, definitions: [] }, problems: [error] };
  }
}

function refuse(world: World, problems: readonly GraphQLError[]): ExecutionResult {
  for (const problem of problems) world.violations.push(`${graphqlRoute}: ${problem.message}`);
  return { errors: problems };
}

async function run(
  world: World,
  caller: Caller,
  document: DocumentNode,
  variables: Variables,
  entry: LedgerCall,
): Promise<ExecutionResult> {
  const { points, nodes } = queryCost(document, variables);
  if (nodes > mostNodes)
    return { errors: [new GraphQLError(`This query requests up to ${nodes} possible nodes`)] };
  if (!world.rateLimits.tryCharge(world, caller, "graphql", points)) return { errors: [rateLimited()] };
  entry.points = points;
  return await execute({
    schema: gitHubSchema(),
    document,
    rootValue: rootValue(world, caller, { points, nodes }),
    variableValues: variables,
    fieldResolver: knownField(world),
  });
}

/** Told with status 200, unlike over REST; the headers say the rest. */
function rateLimited(): GraphQLError {
  return new GraphQLError("API rate limit exceeded", { extensions: { type: "RATE_LIMITED" } });
}

/** A field GitHub has and fakehub has not must not pass for null. */
function knownField(world: World): GraphQLFieldResolver<Record<string, unknown>, unknown> {
  return (source, args, context, info) => {
    if (info.fieldName in source) return defaultFieldResolver(source, args, context, info);
    const field = `${info.parentType.name}.${info.fieldName}`;
    world.violations.push(`${graphqlRoute}: fakehub does not have ${field} (graphql/nodes.ts)`);
    throw new GraphQLError(`fakehub does not have ${field}`);
  };
}

/** GitHub puts an error's type beside its message, where graphql-js has extensions. */
function shown({ data, errors }: ExecutionResult) {
  const told = errors?.map(({ message, path, locations, extensions }) => ({
    ...(typeof extensions.type === "string" && { type: extensions.type }),
    ...(path && { path }),
    ...(locations && { locations }),
    message,
  }));
  return { ...(data !== undefined && { data }), ...(told && { errors: told }) };
}
