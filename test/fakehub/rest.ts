/** The way of every REST call: credentials, contract, permission, limits, the route, contract again. */
import { type Context, Hono } from "hono";
import { authenticate, type Caller } from "./authentication.ts";
import { type Answer, Call } from "./call.ts";
import { answerProblem, requestProblems } from "./contract/contract.ts";
import { type Operation, operations } from "./contract/operations.ts";
import { GitHubError, notFound } from "./github-error.ts";
import { requireCaller, requireGrant } from "./grants.ts";
import type { Interference } from "./interference.ts";
import type { Ledger, LedgerCall } from "./ledger.ts";
import { permissions } from "./permissions.ts";
import { routes } from "./routes/routes.ts";
import type { Repository } from "./state.ts";
import type { World } from "./world.ts";

export function restApp(world: World, ledger: Ledger, interfere: Interference): Hono {
  const app = new Hono();
  for (const operation of mostLiteralFirst(operations)) {
    const [method = "", path = ""] = operation.split(" ");
    app.on(method, honoPath(path), async (context) => {
      const entry = ledger.open(context.req.raw, operation, world.clock.now());
      const response = await interfere(operation, () => answerCall(world, operation, context, entry));
      entry.status = response.status;
      return response;
    });
  }
  app.all("*", (context) => unknownRoute(world, ledger, context));
  return app;
}

/** A fixed word wins over a parameter at the same place, and a longer path over the parameter that would span it. */
function mostLiteralFirst(all: readonly Operation[]): Operation[] {
  const key = (operation: Operation) => `${operation.replaceAll("{", "~")}~`;
  return all.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Some parameters span slashes: file paths, branch names, comparisons. */
const spanning = new Set(["path", "ref", "basehead", "branch"]);

function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => (spanning.has(name) ? `:${name}{.+}` : `:${name}`));
}

async function answerCall(
  world: World,
  operation: Operation,
  context: Context,
  entry: LedgerCall,
): Promise<Response> {
  let caller: Caller = { kind: "anonymous" };
  try {
    caller = authenticate(world, context.req.header("authorization") ?? null);
    if (caller.kind === "installation") entry.installationId = caller.token.installation.id;
    world.secondaryLimits.enter(world, caller);
    const answer = await route(world, operation, context, caller).finally(() =>
      world.secondaryLimits.leave(caller),
    );
    return respond(world, operation, context, caller, answer);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const answer = { status: error.status, body: error.body, headers: error.details.headers ?? {} };
    return respond(world, operation, context, caller, answer);
  }
}

async function route(world: World, operation: Operation, context: Context, caller: Caller): Promise<Answer> {
  const { req } = context;
  if (!req.header("user-agent")) throw new GitHubError(403, "Request forbidden by administrative rules.");
  chargeLimits(world, operation, caller);
  const url = new URL(req.url);
  const parameters = req.param() as Record<string, string>;
  const body = await readBody(context);
  const version = req.header("x-github-api-version") ?? null;
  requireContract(world, operation, { parameters, query: url.searchParams, version, body });
  const access = permissions[operation];
  requireCaller(caller, access);
  const repository = findRepository(world, parameters, url);
  if (repository && access !== "app") requireGrant(caller, repository, access);
  const { headers } = req.raw;
  const call = new Call({ world, operation, url, headers, parameters, caller, body, repository });
  return await routes[operation](call);
}

async function readBody({ req }: Context): Promise<unknown> {
  const text = await req.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GitHubError(400, "Problems parsing JSON", { cause });
  }
}

function requireContract(
  world: World,
  operation: Operation,
  request: Parameters<typeof requestProblems>[1],
): void {
  const problems = requestProblems(operation, request);
  if (problems.length === 0) return;
  for (const problem of problems) world.violations.push(`${operation}: ${problem}`);
  throw new GitHubError(400, `fakehub: not GitHub's contract: ${problems.join("; ")}`);
}

/** @throws GitHubError 301 for a repository that was renamed, 404 for one that is not there. */
function findRepository(world: World, { owner, repo }: Record<string, string>, url: URL): Repository | null {
  if (owner === undefined || repo === undefined) return null;
  const found = world.findRepository(owner, repo);
  if (!found) throw notFound();
  if (!found.moved) return found.repository;
  const rest = url.pathname.split("/").slice(6).join("/");
  const location = `${world.apiUrl}/repositories/${found.repository.id}${rest && `/${rest}`}${url.search}`;
  throw new GitHubError(301, "Moved Permanently", { headers: { location }, fields: { url: location } });
}

/** What is refused counts too; asking for the limits does not. @throws GitHubError 403 */
function chargeLimits(world: World, operation: Operation, caller: Caller): void {
  if (operation === "GET /rate_limit") return;
  world.rateLimits.charge(world, caller, "core", 1);
  const createsContent = /^POST .*\/(reviews|comments|replies|check-runs)$/.test(operation);
  world.secondaryLimits.charge(world, caller, { writes: !operation.startsWith("GET "), createsContent });
}

function respond(
  world: World,
  operation: Operation,
  context: Context,
  caller: Caller,
  answer: Answer,
): Response {
  const problem = answer.text ? null : answerProblem(operation, answer.status, answer.body);
  // A call that broke the contract is recorded already; its answer is fakehub's own.
  if (problem && answer.status !== 400) {
    world.violations.push(`${operation}: ${problem}`);
    return Response.json({ message: `fakehub: ${problem}` }, { status: 500 });
  }
  const text = answer.text?.content ?? (answer.body === undefined ? "" : JSON.stringify(answer.body));
  const tag = context.req.method === "GET" && answer.status === 200 ? etagOf(context, text) : null;
  const isUnchanged = tag !== null && context.req.header("if-none-match") === tag;
  if (isUnchanged) world.rateLimits.refund(world, caller, "core", 1);
  const headers = new Headers({
    ...world.rateLimits.headers(world, caller, "core"),
    "x-github-request-id": crypto.randomUUID(),
    "x-github-media-type": "github.v3; format=json",
    ...(tag !== null && { etag: tag }),
    ...answer.headers,
  });
  if (isUnchanged) return new Response(null, { status: 304, headers });
  if (text !== "") headers.set("content-type", answer.text?.type ?? "application/json; charset=utf-8");
  return new Response(text || null, { status: answer.status, headers });
}

/** Worth nothing with another token: GitHub makes it from both. */
function etagOf({ req }: Context, text: string): string {
  return `W/"${Bun.hash(`${req.header("authorization")} ${text}`).toString(16)}"`;
}

function unknownRoute(world: World, ledger: Ledger, { req }: Context): Response {
  const route = `${req.method} ${new URL(req.url).pathname.replace("/api/v3", "")}`;
  const problem = `${route} is not one of GitHub's endpoints that fakehub has (contract/operations.ts)`;
  world.violations.push(problem);
  ledger.open(req.raw, route, world.clock.now()).status = 400;
  return Response.json({ message: `fakehub: ${problem}` }, { status: 400 });
}
