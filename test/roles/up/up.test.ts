import { afterEach, describe, expect, test } from "bun:test";
import { lstatSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFakehub } from "../../fakehub/fakehub.ts";
import { createTestDatabase } from "../../support/database.ts";
import { eventually } from "../../support/eventually.ts";
import { type Reviewd, runReviewd, startReviewd } from "../../support/run-reviewd.ts";
import { removeServerFolder } from "../../support/server.ts";

const folders: string[] = [];
const started: Reviewd[] = [];

afterEach(async () => {
  for (const reviewd of started.splice(0)) await reviewd[Symbol.asyncDispose]();
  for (const folder of folders.splice(0)) {
    await eventually(() => expect(serversOf(folder)).toEqual([]));
    const server = join(folder, "data/postgres");
    if (lstatSync(server, { throwIfNoEntry: false })) removeServerFolder(server);
    rmSync(folder, { recursive: true });
  }
});

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "reviewd-up-"));
  folders.push(folder);
  return folder;
}

function startUp(folder: string, env: Readonly<Record<string, string>> = {}): Reviewd {
  const own = { REVIEWD_DATA_DIR: join(folder, "data"), PORT: "0", METRICS_PORT: "0" };
  const reviewd = startReviewd(["up"], { cwd: folder, env: { ...own, ...env } });
  started.push(reviewd);
  return reviewd;
}

/** Postgres processes whose data are the folder's, wherever those really are. */
function serversOf(folder: string): readonly string[] {
  const link = join(folder, "data/postgres");
  const real = lstatSync(link, { throwIfNoEntry: false }) ? statSync(link).ino : null;
  const { stdout } = Bun.spawnSync(["ps", "-eo", "command="]);
  const data = [...stdout.toString().matchAll(/ -D (\S+)\/data /g)].map(([, path = ""]) => path);
  return data.filter((path) => statSync(path, { throwIfNoEntry: false })?.ino === real);
}

async function greetingOf(reviewd: Reviewd): Promise<{ readonly url: string; readonly token: string }> {
  const url = /http:\S+/.exec(await reviewd.line("reviewd is up at"))?.[0] ?? "";
  const token = /rvd_\S+/.exec(await reviewd.line("API token"))?.[0] ?? "";
  return { url, token };
}

async function statusOf(url: string, token: string): Promise<number> {
  return (await fetch(`${url}/tasks`, { headers: { authorization: `Bearer ${token}` } })).status;
}

describe("on a Postgres of its own", () => {
  test("it prints a URL and a token that work, and everything is there the next time", async () => {
    const folder = makeFolder();
    const first = startUp(folder);
    const { url, token } = await greetingOf(first);
    expect(await statusOf(url, token)).toBe(200);
    expect(await statusOf(url, `${token}x`)).toBe(401);
    expect(serversOf(folder)).not.toEqual([]);
    expect(await first.stop("SIGINT")).toBe(0);
    expect(serversOf(folder)).toEqual([]);

    const kept = ["api-token", "webhook-secret", "marker-key"].map((name) => join(folder, "data", name));
    const before = kept.map((path) => readFileSync(path, "utf8"));
    const second = startUp(folder);
    const again = await greetingOf(second);
    expect(again.token).toBe(token);
    expect(await statusOf(again.url, token)).toBe(200);
    expect(kept.map((path) => readFileSync(path, "utf8"))).toEqual(before);
    expect(kept.map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
  });

  test("two of them run at once", async () => {
    const [one, two] = [startUp(makeFolder()), startUp(makeFolder())];
    const greetings = await Promise.all([greetingOf(one), greetingOf(two)]);
    for (const { url, token } of greetings) expect(await statusOf(url, token)).toBe(200);
    expect(await statusOf(greetings[0].url, greetings[1].token)).toBe(401);
  });

  test("when it is killed, its Postgres ends, and the next start goes on with the data", async () => {
    const folder = makeFolder();
    const first = startUp(folder);
    const { token } = await greetingOf(first);
    await first.stop("SIGKILL");
    const second = startUp(folder);
    const again = await greetingOf(second);
    expect(again.token).toBe(token);
    expect(await statusOf(again.url, token)).toBe(200);
  });

  test("without a GitHub App it serves, and says what to set", async () => {
    const reviewd = startUp(makeFolder());
    await reviewd.line("set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY");
    await greetingOf(reviewd);
    expect(reviewd.stdout.join("\n")).not.toContain("dispatcher");
    expect(reviewd.stdout.join("\n")).toContain(join("data", "webhook-secret"));
  });

  test("when its Postgres is gone, it ends with exit code 1 and says where to look", async () => {
    const folder = makeFolder();
    const reviewd = startUp(folder);
    await greetingOf(reviewd);
    const server = (await reviewd.log("embedded Postgres ready")).folder;
    const [pid] = readFileSync(join(String(server), "data/postmaster.pid"), "utf8").split("\n");
    process.kill(Number(pid), "SIGQUIT");
    expect(await reviewd.exited).toBe(1);
    expect(reviewd.stderr.join("\n")).toContain("postgres.log");
  });

  test.each(["PORT", "METRICS_PORT"])(
    "when %s is taken, it says so, ends with exit code 1 and leaves nothing behind",
    async (variable) => {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, resolve));
      const address = taken.address();
      const port = typeof address === "object" && address ? String(address.port) : "";
      const folder = makeFolder();
      const reviewd = startUp(folder, { [variable]: port });
      expect(await reviewd.exited).toBe(1);
      expect(reviewd.stderr.join("\n")).toContain(`port ${port} is in use; set ${variable}`);
      expect(serversOf(folder)).toEqual([]);
      taken.close();
    },
  );
});

describe("on a Postgres it is given", () => {
  test("it migrates it, runs all roles and starts no server", async () => {
    const database = await createTestDatabase({ migrated: false });
    const hub = await startFakehub();
    const folder = makeFolder();
    const reviewd = startUp(folder, {
      DATABASE_URL: database.url,
      GITHUB_API_URL: hub.apiUrl,
      GITHUB_APP_ID: String(hub.app.id),
      GITHUB_APP_PRIVATE_KEY: hub.app.privateKey,
    });
    const { url, token } = await greetingOf(reviewd);
    for (const role of ["serve", "dispatcher", "poller", "syncer"]) await reviewd.log(`${role} ready`);
    expect(await statusOf(url, token)).toBe(200);
    expect(serversOf(folder)).toEqual([]);
    const metrics = reviewd.stdout.filter((line) => line.includes("health and metrics are served"));
    expect(metrics).toHaveLength(1);
    expect(await reviewd.stop("SIGTERM")).toBe(0);
    await hub.close();
    await database.close();
  });

  test("a token of another database is replaced", async () => {
    const folder = makeFolder();
    const one = await createTestDatabase();
    const first = startUp(folder, { DATABASE_URL: one.url });
    const { token } = await greetingOf(first);
    await first.stop();
    const two = await createTestDatabase();
    const second = startUp(folder, { DATABASE_URL: two.url });
    const again = await greetingOf(second);
    expect(again.token).not.toBe(token);
    expect(await statusOf(again.url, again.token)).toBe(200);
    await second.stop();
    await one.close();
    await two.close();
  });

  test("a webhook secret that is given is used and none is made", async () => {
    const folder = makeFolder();
    const database = await createTestDatabase();
    const secretFile = join(folder, "secret");
    writeFileSync(secretFile, "given-by-the-operator");
    const reviewd = startUp(folder, { DATABASE_URL: database.url, GITHUB_WEBHOOK_SECRETS_FILE: secretFile });
    await greetingOf(reviewd);
    expect(lstatSync(join(folder, "data/webhook-secret"), { throwIfNoEntry: false })).toBeUndefined();
    await reviewd.stop();
    await database.close();
  });
});

test.each([
  [{ GITHUB_APP_ID: "1" }, "GITHUB_APP_PRIVATE_KEY is not set"],
  [{ GITHUB_APP_PRIVATE_KEY: "-----BEGIN PRIVATE KEY-----" }, "GITHUB_APP_ID is not set"],
  [{ GITHUB_APP_ID: "shop" }, 'GITHUB_APP_ID is "shop"'],
])("half a GitHub App, or none that can be, is refused with exit code 2: %j", async (env, problem) => {
  const { exitCode, stderr } = await runReviewd(["up"], { env, cwd: makeFolder() });
  expect(exitCode).toBe(2);
  expect(stderr).toContain(problem);
});
