/** One HTTP server in the shape of a GitHub Enterprise Server: REST, GraphQL, git and pages for people. */
import { type Context, Hono } from "hono";
import type { Faults } from "./faults.ts";
import { parseGitPath, serveGit } from "./git-http.ts";
import { graphqlHandler } from "./graphql/endpoint.ts";
import { interference } from "./interference.ts";
import type { Ledger } from "./ledger.ts";
import { indexPage, pullPage } from "./page.ts";
import { fullName } from "./render/repository.ts";
import { restApp } from "./rest.ts";
import { PullRequestHandle } from "./scenario/pull-request.ts";
import type { PullRequest } from "./state.ts";
import type { World } from "./world.ts";

const pullPath = "/:owner/:repo/pull/:number";

export interface Served {
  readonly world: World;
  readonly ledger: Ledger;
  readonly faults: Faults;
  /** Settles when fakehub closes; a hanging answer waits for it. */
  readonly closed: Promise<void>;
}

export function serverApp({ world, ledger, faults, closed }: Served): Hono {
  const interfere = interference(faults, closed);
  const app = new Hono();
  // A bug of fakehub's own must fail the test that met it, not look like GitHub being down.
  app.onError((error, context) => {
    world.violations.push(`fakehub broke at ${context.req.method} ${context.req.path}: ${error.stack}`);
    return context.json({ message: `fakehub: ${error.message}` }, 500);
  });
  app.route("/api/v3", restApp(world, ledger, interfere));
  app.post("/api/graphql", graphqlHandler(world, ledger, interfere));
  app.get("/", (context) => context.html(indexPage(world)));
  app.get(pullPath, (context) => {
    const pull = findPull(world, context);
    return pull ? context.html(pullPage(world, pull)) : context.text("Not Found\n", 404);
  });
  app.post(pullPath, async (context) => {
    const pull = findPull(world, context);
    if (!pull || !world.pageForms) return context.text("Not Found\n", 404);
    const fields = new URLSearchParams(await context.req.text());
    const next = await world.pageForms.send(new PullRequestHandle(world, pull), fields);
    return next === null ? context.text("No form of this page\n", 400) : context.redirect(next, 303);
  });
  app.all("*", async (context) => {
    const path = parseGitPath(new URL(context.req.url).pathname);
    if (!path) return new Response("Not Found\n", { status: 404 });
    const route = `${context.req.method} /{owner}/{repo}.git/${path.service}`;
    const entry = ledger.open(context.req.raw, route, world.clock.now());
    const response = await interfere(route, () => serveGit(world, context.req.raw, path, entry));
    entry.status = response.status;
    return response;
  });
  return app;
}

function findPull(world: World, { req }: Context<object, typeof pullPath>): PullRequest | null {
  const { owner, repo, number } = req.param();
  const found = world.findRepository(owner, repo);
  return found && world.findPull(found.repository, Number(number));
}

/** `/repositories/{id}` is where GitHub sends callers of a renamed repository; it is the repository itself. */
export function withPresentName(world: World, request: Request): Request {
  const url = new URL(request.url);
  const match = /^\/api\/v3\/repositories\/(\d+)(\/.*)?$/.exec(url.pathname);
  const repository = match && world.repositories.find((r) => r.id === Number(match[1]) && !r.deleted);
  if (!match || !repository) return request;
  url.pathname = `/api/v3/repos/${fullName(repository)}${match[2] ?? ""}`;
  return new Request(url.href, request);
}
