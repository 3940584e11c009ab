import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { roleSettings } from "../../src/config.ts";
import { startFakehub } from "../fakehub/fakehub.ts";
import { builtBinary } from "../support/built-binary.ts";
import { createTestDatabase } from "../support/database.ts";
import { runReviewd, startReviewd } from "../support/run-reviewd.ts";

const binary = await builtBinary();
const database = await createTestDatabase();
const hub = await startFakehub();
const folder = mkdtempSync(join(tmpdir(), "reviewd-binary-"));

afterAll(async () => {
  await hub.close();
  await database.close();
  rmSync(folder, { recursive: true });
});

const commands = [
  ...["serve", "dispatcher", "poller", "syncer", "migrate", "up"],
  ...["token", "replay", "doctor", "review"],
];
const longRunning = ["serve", "dispatcher", "poller", "syncer"] as const;

function environment(role: string): Readonly<Record<string, string>> {
  const everyone = { DATABASE_URL: database.url, METRICS_PORT: "0", GITHUB_API_URL: hub.apiUrl };
  if (role === "serve") return { ...everyone, PORT: "0", GITHUB_WEBHOOK_SECRETS: hub.webhookSecret };
  return {
    ...everyone,
    GITHUB_APP_ID: String(hub.app.id),
    GITHUB_APP_PRIVATE_KEY: hub.app.privateKey,
    MARKER_KEYS: "a-marker-key-of-the-tests",
  };
}

describe("usage", () => {
  test("--version says the version", async () => {
    expect(await runReviewd(["--version"], { binary })).toEqual({
      exitCode: 0,
      stdout: packageJson.version,
      stderr: "",
    });
  });

  test("--help names every command", async () => {
    const { exitCode, stdout } = await runReviewd(["--help"], { binary });
    expect(exitCode).toBe(0);
    for (const command of commands) expect(stdout).toContain(`  ${command} `);
  });

  test.each(commands)("%s --help says how to use it, without any configuration", async (command) => {
    const { exitCode, stdout, stderr } = await runReviewd([command, "--help"], { binary });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toStartWith(`Usage: reviewd ${command}`);
  });

  test.each([[[]], [["fly"]], [["constructor"]], [["--verbose"]], [["Serve"]]])(
    "%j is answered with the usage and exit code 2",
    async (args: string[]) => {
      const { exitCode, stdout, stderr } = await runReviewd(args, { binary });
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
      expect(stderr).toContain("Usage: reviewd <command>");
    },
  );

  test.each(commands)("%s --bogus is refused with exit code 2", async (command) => {
    const { exitCode, stderr } = await runReviewd([command, "--bogus"], { binary });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--bogus");
  });

  // `up` makes what is missing, `doctor` reports it.
  test.each(Object.keys(roleSettings).filter((role) => role !== "up" && role !== "doctor"))(
    "%s without configuration names what is missing and exits 2",
    async (role) => {
      const needed: Readonly<Record<string, string[]>> = { token: ["list"], replay: [Bun.randomUUIDv7()] };
      const args = [role, ...(needed[role] ?? [])];
      const { exitCode, stderr } = await runReviewd(args, { binary });
      expect(exitCode).toBe(2);
      expect(stderr).toContain("DATABASE_URL is not set");
    },
  );
});

describe("roles", () => {
  test.each(longRunning)("%s starts, says it is ready, and stops on SIGTERM", async (role) => {
    await using reviewd = startReviewd([role], { binary, env: environment(role) });
    await reviewd.log(`${role} ready`);
    expect(await reviewd.stop("SIGTERM")).toBe(0);
  });

  test.each(longRunning)("%s refuses a database that was not migrated", async (role) => {
    const empty = await createTestDatabase({ migrated: false });
    const env = { ...environment(role), DATABASE_URL: empty.url };
    const { exitCode, stderr } = await runReviewd([role], { binary, env });
    await empty.close();
    expect(exitCode).toBe(1);
    expect(stderr).toContain("run `reviewd migrate`");
  });

  test("migrate brings an empty database up to date; the files are in the binary", async () => {
    const empty = await createTestDatabase({ migrated: false });
    const env = { DATABASE_URL: empty.url };
    const first = await runReviewd(["migrate"], { binary, env });
    const second = await runReviewd(["migrate"], { binary, env });
    await empty.close();
    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(first.stdout).toContain("0001_tables");
    expect(second.stdout).toContain("schema was up to date");
  });
});

describe("a hostile folder", () => {
  const witness = join(folder, "preload-was-run");
  writeFileSync(join(folder, ".env"), "DATABASE_URL=postgres://evil@127.0.0.1:1/evil\nLOG_LEVEL=nonsense\n");
  writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./preload.ts"]\n');
  writeFileSync(
    join(folder, "preload.ts"),
    `require("node:fs").writeFileSync(${JSON.stringify(witness)}, "");\n`,
  );

  test("is one: Bun itself would take its .env and run its preload", async () => {
    const script = join(folder, "script.ts");
    writeFileSync(script, "console.log(process.env.LOG_LEVEL)");
    const { stdout } = Bun.spawnSync([process.execPath, script], { cwd: folder, env: {} });
    const wasRun = existsSync(witness);
    rmSync(witness, { force: true });
    expect({ level: stdout.toString().trim(), wasRun }).toEqual({ level: "nonsense", wasRun: true });
  });

  test.each(commands)("%s takes nothing from it", async (command) => {
    const args = command === "token" ? [command, "list"] : [command, "--help"];
    const { stderr } = await runReviewd(args, { binary, cwd: folder });
    expect(existsSync(witness)).toBe(false);
    expect(stderr).not.toContain("nonsense");
    if (command === "token") expect(stderr).toContain("DATABASE_URL is not set");
  });

  test("a role started there works on what it was given", async () => {
    await using reviewd = startReviewd(["serve"], { binary, cwd: folder, env: environment("serve") });
    await reviewd.log("serve ready");
    expect(await reviewd.stop()).toBe(0);
    expect(existsSync(witness)).toBe(false);
  });
});
