/**
 * `bun run test [PATTERN…]`: runs test files side by side in several processes, the slowest files first
 * (`--update-timings` measures them anew). Each process has a Postgres of its own, since logins, locks and the number of
 * connections are a whole server's; a given TEST_DATABASE_URL is shared.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { startTestServer, type TestServer } from "./server.ts";

/** More than cores, since the tests wait about as long as they compute. */
const workers = Math.min(Math.ceil(1.5 * availableParallelism()), 8);
const timings = join(import.meta.dir, "timings.json");

const given = process.env.TEST_DATABASE_URL;
const servers = given ? [] : await startServers();
try {
  process.exitCode = await runTests(given ?? servers.map(({ url }) => url).join(" "));
} finally {
  await stopServers(servers);
}

async function startServers(): Promise<readonly TestServer[]> {
  const starting = await Promise.allSettled(Array.from({ length: workers }, startTestServer));
  const started = starting.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = starting.find((one) => one.status === "rejected");
  if (!failed) return started;
  await stopServers(started);
  throw failed.reason;
}

async function stopServers(servers: readonly TestServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}

/** Answers the runner's exit code. It counts a process that died as a failure. */
async function runTests(databaseUrls: string): Promise<number> {
  const options = [
    `--parallel=${workers}`,
    // Files of one process share what they import, as they do without --parallel.
    "--no-isolate",
    `--timings=${timings}`,
    "--timeout=180000",
    // An interrupted run leaves no process behind.
    "--no-orphans",
  ];
  const runner = Bun.spawn([process.execPath, "test", ...options, ...process.argv.slice(2)], {
    env: { ...process.env, TEST_DATABASE_URL: databaseUrls },
    stdio: ["ignore", "inherit", "inherit"],
  });
  // The servers are stopped when the tests have ended. Ctrl-C reaches those from the terminal.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => runner.kill("SIGTERM"));
  return await runner.exited;
}
