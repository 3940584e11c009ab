/**
 * A whole reviewd for a scenario: its roles as real processes, each with a database login of its own, on a real
 * Postgres, in front of fakehub. Everything is reached as it would be in production: over HTTP. Whatever the scenario is
 * about, no secret may be in what the processes print or in the database when it ends.
 */
import { and, desc, eq, sql } from "drizzle-orm";
import type { Db } from "../../src/adapters/postgres/connect.ts";
import { pullRequests, repositories, tasks } from "../../src/adapters/postgres/schema.ts";
import { type Fakehub, startFakehub } from "../fakehub/fakehub.ts";
import type { Limits } from "../fakehub/limits.ts";
import type { PullRequestHandle } from "../fakehub/scenario/pull-request.ts";
import type { RepositoryHandle } from "../fakehub/scenario/repository.ts";
import { createTestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { formsOfToken, rowsWithSecrets, secretsIn } from "../support/kept-secrets.ts";
import { type Reviewd, runReviewd, startReviewd } from "../support/run-reviewd.ts";

type Role = "serve" | "dispatcher" | "poller" | "syncer";

/** Short, so that what happens after a lease or an interval happens soon. */
const quick = {
  LEASE_SECS: "3",
  SHUTDOWN_GRACE_SECS: "10",
  POLLER_INTERVAL_SECS: "1",
  SYNCER_INTERVAL_SECS: "1",
};
/** With this a call to the forge may take 10 s instead of 2, so that one which is held is not given up and tried again. */
export const patient = { LEASE_SECS: "60" };

/** Two planted problems, found by `rules` and placed on known lines. */
export const problems = {
  "src/cart.ts": "export function total(code: string) {\n  return eval(code);\n}\n",
  "notes.md": "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> branch\n",
} as const;

export interface System extends AsyncDisposable {
  readonly hub: Fakehub;
  readonly db: Db;
  /** With the rights of the operator's own login. */
  readonly databaseUrl: string;
  readonly repository: RepositoryHandle;
  /** Starts a role and waits until it says it is ready. */
  readonly start: (role: Role, env?: Readonly<Record<string, string>>) => Promise<Reviewd>;
  /** Base URL of the `serve` that was started last. */
  readonly url: () => string;
  /** GET with an administrator's token; the parsed body. */
  readonly get: (path: string) => Promise<Json>;
  /** POST, likewise. */
  readonly post: (path: string, body?: object) => Promise<Json>;
  /** Tasks of the instance, oldest first. */
  readonly tasks: () => Promise<readonly (typeof tasks.$inferSelect)[]>;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are validated against the OpenAPI document in serve's own tests
type Json = any;

export interface SystemOptions {
  /** What is started right away; `serve` takes fakehub's webhooks from then on. */
  readonly roles?: readonly Role[];
  /** A Postgres of the scenario's own, which it may stop. */
  readonly serverUrl?: string;
  /** Of the forge, where they are not to be GitHub's. */
  readonly limits?: Partial<Limits>;
}

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const database = await createTestDatabase(
    options.serverUrl === undefined ? {} : { serverUrl: options.serverUrl },
  );
  const hub = await startFakehub({ limits: options.limits ?? {} });
  const logins = await createLogins(database.db, database.url);
  const repository = await hub.createRepository({ owner: "acme", name: "shop", private: true });
  const started: Reviewd[] = [];
  let url = "";

  const given = new Set<string>();
  const secrets = () => [...given, ...hub.mintedTokens.flatMap(formsOfToken)];

  const start = async (role: Role, extra: Readonly<Record<string, string>> = {}) => {
    const env = { ...roleEnvironment(hub, role), DATABASE_URL: logins.url(role), ...extra };
    for (const secret of secretsIn(env)) given.add(secret);
    const reviewd = startReviewd([role], { env, secrets });
    started.push(reviewd);
    const ready = await reviewd.log(`${role} ready`);
    if (role === "serve") {
      url = `http://127.0.0.1:${ready.port}`;
      hub.deliverTo(`${url}/webhooks/github`);
    }
    return reviewd;
  };

  let token: Promise<string> | null = null;
  const ask = async (method: string, path: string, body?: object) => {
    token ??= createToken(database.url);
    given.add(await token);
    const headers = { authorization: `Bearer ${await token}`, "content-type": "application/json" };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(url + path, { method, headers, ...sent });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}: ${await response.text()}`);
    return await response.json();
  };

  const dispose = async () => {
    await using _hub = { [Symbol.asyncDispose]: () => hub.close() };
    await using _database = { [Symbol.asyncDispose]: () => database.close() };
    await using _logins = { [Symbol.asyncDispose]: () => logins.drop() };
    const ended = await Promise.allSettled(started.map((reviewd) => reviewd[Symbol.asyncDispose]()));
    for (const one of ended) if (one.status === "rejected") throw one.reason;
    const leaks = await rowsWithSecrets(database.db, secrets());
    if (leaks.length > 0) throw new Error(`the database holds a secret:\n${leaks.join("\n")}`);
  };

  for (const role of options.roles ?? ["serve", "dispatcher"]) await start(role);
  return {
    hub,
    db: database.db,
    databaseUrl: database.url,
    repository,
    start,
    url: () => url,
    get: (path) => ask("GET", path),
    post: (path, body) => ask("POST", path, body),
    tasks: () => database.db.select().from(tasks).orderBy(tasks.id),
    [Symbol.asyncDispose]: dispose,
  };
}

/** Waits until the pull request's newest task of a head is in this state; answers it. */
export async function taskOf(
  system: System,
  pull: PullRequestHandle,
  status: string,
  headSha = pull.headSha,
) {
  return await eventually(async () => {
    const task = await findTask(system, pull, headSha);
    if (task?.status !== status)
      throw new Error(`the task of ${headSha} is ${task?.status} (${task?.reason}, ${task?.error})`);
    return task;
  });
}

/** By its pull request, too: two that are opened within a second with the same change have the same head. */
async function findTask({ db }: System, { number, url }: PullRequestHandle, headSha: string) {
  const [row] = await db
    .select({ task: tasks })
    .from(tasks)
    .innerJoin(pullRequests, eq(pullRequests.id, tasks.pullRequestId))
    .innerJoin(repositories, eq(repositories.id, pullRequests.repositoryId))
    .where(
      and(
        eq(tasks.headSha, headSha),
        eq(pullRequests.number, number),
        sql`${url}::text like '%/' || ${repositories.fullName} || '/pull/%'`,
      ),
    )
    .orderBy(desc(tasks.id))
    .limit(1);
  return row?.task;
}

/** What must hold on the forge whatever happened: nothing double, nothing that reviewd does not know. */
export async function expectOnce(
  system: System,
  pull: PullRequestHandle,
  counts: { readonly reviews: number },
) {
  const reviews = pull.reviews();
  const checks = pull.checks().filter(({ headSha }) => headSha === pull.headSha);
  const seen = { reviews: reviews.length, summaries: pull.issueComments().length, checks: checks.length };
  const wanted = { reviews: counts.reviews, summaries: 1, checks: 1 };
  if (!Bun.deepEquals(seen, wanted)) throw new Error(`on the pull request: ${JSON.stringify(seen)}`);

  const posted = [...pull.inlineComments(), ...pull.issueComments()].map(({ id }) => id).sort();
  const known = await system.db.execute<{ external_id: string }>(
    sql`select external_id from review_comments where gone_at is null`,
  );
  const knownIds = known.map((row) => Number(row.external_id)).sort();
  if (!Bun.deepEquals(posted, knownIds)) throw new Error(`posted ${posted}, known ${knownIds}`);
}

function roleEnvironment(hub: Fakehub, role: Role): Readonly<Record<string, string>> {
  const everyone = { ...quick, METRICS_PORT: "0", LOG_LEVEL: "debug", GITHUB_API_URL: hub.apiUrl };
  if (role === "serve") return { ...everyone, PORT: "0", GITHUB_WEBHOOK_SECRETS: hub.webhookSecret };
  const app = { GITHUB_APP_ID: String(hub.app.id), GITHUB_APP_PRIVATE_KEY: hub.app.privateKey };
  return { ...everyone, ...app, MARKER_KEYS: "a-marker-key-of-the-scenarios" };
}

/** One login for each role, with that role's grants and no others, as an operator would make them. */
async function createLogins(db: Db, databaseUrl: string) {
  const suffix = new URL(databaseUrl).pathname.slice(1).slice(-12);
  const roles: readonly Role[] = ["serve", "dispatcher", "poller", "syncer"];
  const password = crypto.randomUUID();
  const nameOf = (role: Role) => `scenario_${role}_${suffix}`;
  for (const role of roles) {
    await db.execute(
      sql.raw(`create role ${nameOf(role)} login password '${password}' in role reviewd_${role}`),
    );
  }
  const url = (role: Role) => {
    const login = new URL(databaseUrl);
    login.username = nameOf(role);
    login.password = password;
    return login.href;
  };
  const drop = async () => {
    for (const role of roles) await db.execute(sql.raw(`drop role ${nameOf(role)}`));
  };
  return { url, drop };
}

async function createToken(databaseUrl: string): Promise<string> {
  const scopes = "review:read,review:write,settings:write,admin";
  const args = ["token", "create", "--name", "scenario", "--scopes", scopes];
  const { stdout, stderr } = await runReviewd(args, { env: { DATABASE_URL: databaseUrl } });
  const token = /rvd_\S+/.exec(stdout)?.[0];
  if (!token) throw new Error(`no token was printed: ${stdout}${stderr}`);
  return token;
}
