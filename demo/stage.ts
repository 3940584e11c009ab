/** Sets the stage: an embedded Postgres, the simulated GitHub, and reviewd's roles as processes of the one binary. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../src/adapters/embedded-postgres/embedded-postgres.ts";
import { type Fakehub, startFakehub } from "../test/fakehub/fakehub.ts";
import { type Reviewd, runReviewd, startReviewd } from "../test/support/run-reviewd.ts";
import { removeServerFolder } from "../test/support/server.ts";

const root = join(import.meta.dir, "..");
const binary = join(root, "dist/reviewd");
const roles = ["serve", "dispatcher", "poller", "syncer"] as const;

export interface Stage {
  readonly hub: Fakehub;
  /** Base URL of `serve`. */
  readonly url: string;
  readonly token: string;
  readonly postgres: EmbeddedPostgres;
  /** The path of reviewd. */
  readonly binary: string;
  /** Runs a command of reviewd's to its end; answers what it wrote. */
  readonly run: (args: readonly string[]) => Promise<string>;
  readonly processes: Readonly<Record<(typeof roles)[number], Reviewd>>;
  /** Starts the syncer anew, which counts votes first; answers what came of it. */
  readonly countVotes: () => Promise<string>;
}

/** Makes the binary as `bun run build` does. @throws with the build's output */
export async function buildBinary(cleanup: AsyncDisposableStack): Promise<string> {
  const build = Bun.spawn([process.execPath, "run", "build"], { cwd: root, stdout: "pipe", stderr: "pipe" });
  cleanup.defer(() => build.kill());
  const output = await Promise.all([new Response(build.stdout).text(), new Response(build.stderr).text()]);
  if ((await build.exited) !== 0) throw new Error(`the build failed:\n${output.join("\n")}`);
  return binary;
}

/**
 * @param cleanup undoes everything, however far it got
 * @param modelEnvironment what the dispatcher is told of a language model
 */
export async function setStage(
  cleanup: AsyncDisposableStack,
  modelEnvironment: Readonly<Record<string, string>>,
): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "reviewd-demo-"));
  cleanup.defer(() => removeServerFolder(folder));
  const postgres = await startEmbeddedPostgres({
    folder,
    searchPath: process.env.PATH ?? "",
    durable: false,
  });
  cleanup.defer(() => postgres.stop());
  const hub = await startFakehub();
  cleanup.defer(() => hub.close());

  const everyone = {
    DATABASE_URL: postgres.url,
    LOG_LEVEL: "info",
    METRICS_PORT: "0",
    GITHUB_API_URL: hub.apiUrl,
  };
  const run = async (args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await runReviewd(args, { binary, env: everyone });
    if (exitCode !== 0) throw new Error(`reviewd ${args.join(" ")} failed:\n${stderr}`);
    return stdout;
  };
  await run(["migrate"]);
  const printed = await run([
    "token",
    "create",
    "--name",
    "demo",
    "--scopes",
    "review:read,review:write,settings:write,admin",
  ]);
  const token = /rvd_\S+/.exec(printed)?.[0];
  if (!token) throw new Error(`no token was printed:\n${printed}`);

  const app = { GITHUB_APP_ID: String(hub.app.id), GITHUB_APP_PRIVATE_KEY: hub.app.privateKey };
  const environments = {
    serve: { PORT: "0", GITHUB_WEBHOOK_SECRETS: hub.webhookSecret },
    dispatcher: { ...app, ...modelEnvironment, MARKER_KEYS: crypto.randomUUID() },
    poller: { ...app, POLLER_INTERVAL_SECS: "2" },
    syncer: app,
  };
  const launch = (role: (typeof roles)[number]) =>
    startReviewd([role], { binary, env: { ...everyone, ...environments[role] } });
  const start = async (role: (typeof roles)[number]) => {
    const reviewd = launch(role);
    cleanup.defer(async () => void (await reviewd.stop("SIGTERM")));
    return { reviewd, ready: await reviewd.log(`${role} ready`) };
  };
  const [serve, dispatcher, poller, syncer] = await Promise.all([
    start("serve"),
    start("dispatcher"),
    start("poller"),
    start("syncer"),
  ]);
  const url = `http://127.0.0.1:${serve.ready.port}`;
  hub.deliverTo(`${url}/webhooks/github`);
  const processes = {
    serve: serve.reviewd,
    dispatcher: dispatcher.reviewd,
    poller: poller.reviewd,
    syncer: syncer.reviewd,
  };
  const countVotes = restartable(cleanup, syncer.reviewd, () => launch("syncer"));
  return { hub, url, token, postgres, binary, run, processes, countVotes };
}

/** One restart after the other, and none once the demo ends. */
function restartable(
  cleanup: AsyncDisposableStack,
  first: Reviewd,
  launch: () => Reviewd,
): Stage["countVotes"] {
  let syncer = first;
  let last: Promise<unknown> = Promise.resolve();
  const count = async () => {
    if (cleanup.disposed) return "nothing, as the demo ends";
    await syncer.stop("SIGTERM");
    syncer = launch();
    const counted = await Promise.race([syncer.log("votes counted for suppressions"), syncer.exited]);
    if (typeof counted === "number") return "nothing, as the syncer ended";
    const { proposed, refreshed, expired } = counted;
    return `${proposed} proposed, ${refreshed} still proposed, ${expired} expired (process ${syncer.pid})`;
  };
  cleanup.defer(async () => {
    await last.catch(() => {});
    await syncer.stop("SIGTERM");
  });
  return () => {
    const counted = last.catch(() => {}).then(count);
    last = counted;
    return counted;
  };
}
