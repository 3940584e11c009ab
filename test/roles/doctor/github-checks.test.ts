import { afterAll, describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { lackingEvents, lackingPermissions } from "../../../src/adapters/forge/github/app.ts";
import {
  judgeDeliveries,
  judgeInstallations,
  judgePermissions,
} from "../../../src/roles/doctor/github-checks.ts";
import { startFakehub } from "../../fakehub/fakehub.ts";
import { startReceiver } from "../../fakehub/test-receiver.ts";
import { runDoctor } from "./run-doctor.ts";

const hub = await startFakehub();
const receiver = startReceiver();
hub.deliverTo(receiver.url);
await hub.createRepository({ owner: "acme", name: "shop" });
hub.ping();
await hub.webhooks.settled();
afterAll(async () => {
  await receiver.stop();
  await hub.close();
});

const app = {
  GITHUB_API_URL: hub.apiUrl,
  GITHUB_APP_ID: String(hub.app.id),
  GITHUB_APP_PRIVATE_KEY: hub.app.privateKey,
};
const needed = {
  metadata: "read",
  contents: "read",
  pull_requests: "write",
  checks: "write",
  issues: "read",
} as const;

test("an App that is as it should be passes every check", async () => {
  const { exitCode, checks } = await runDoctor(app);
  expect(checks.app).toMatchObject({ status: "ok", says: expect.stringContaining("reviewd[bot]") });
  expect(checks["app permissions"]).toMatchObject({ status: "ok" });
  expect(checks.installations).toMatchObject({ status: "ok", says: "installed on acme" });
  expect(checks["webhook deliveries"]).toMatchObject({ status: "ok" });
  expect(exitCode).toBe(0);
});

describe("the App's login", () => {
  test("is skipped where nothing is set, with the variables named", async () => {
    const { checks } = await runDoctor({});
    expect(checks.app).toMatchObject({ status: "skipped" });
    expect(checks.app?.says).toContain("GITHUB_APP_ID");
    expect(checks.app?.says).toContain("GITHUB_APP_PRIVATE_KEY");
    expect(checks.installations).toMatchObject({ status: "skipped", says: "needs the check before: app" });
  });

  const otherKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  test.each([
    ["half of it", { GITHUB_APP_PRIVATE_KEY: "" }, "GITHUB_APP_PRIVATE_KEY is not set", null],
    ["a malformed id", { GITHUB_APP_ID: "reviewd" }, 'GITHUB_APP_ID is "reviewd"', null],
    [
      "what is no key",
      { GITHUB_APP_PRIVATE_KEY: "hunter2hunter2" },
      "has a malformed value (not shown)",
      null,
    ],
    [
      "a key that is cut off",
      { GITHUB_APP_PRIVATE_KEY: "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----" },
      "private key cannot sign",
      "whole PEM file",
    ],
    [
      "another App's key",
      { GITHUB_APP_PRIVATE_KEY: otherKey.export({ type: "pkcs8", format: "pem" }).toString() },
      "401",
      "be of one App",
    ],
    ["an address where there is no API", { GITHUB_API_URL: hub.origin }, "404", "https://api.github.com"],
    [
      "an address where nobody answers",
      { GITHUB_API_URL: "http://127.0.0.1:1" },
      "no answer",
      "can be reached",
    ],
  ])("fails with %s", async (_, change, says, todo) => {
    const { exitCode, checks } = await runDoctor({ ...app, ...change });
    expect(checks.app).toMatchObject({ status: "failed", says: expect.stringContaining(says) });
    expect(checks.app?.todo ?? "").toContain(todo ?? "");
    expect(checks["app permissions"]).toMatchObject({ status: "skipped" });
    expect(exitCode).toBe(1);
  });
});

describe("permissions", () => {
  test("that the App lacks fail; that an owner has not accepted, or nobody installed it, is warned of", async () => {
    const other = await startFakehub({ permissions: { ...needed, checks: "read" } });
    const env = { ...app, GITHUB_API_URL: other.apiUrl };
    const before = await runDoctor(env);
    expect(before.checks["app permissions"]).toMatchObject({
      status: "failed",
      says: "the App lacks checks: write",
    });
    expect(before.checks.installations).toMatchObject({
      status: "warning",
      says: "the App is installed nowhere",
    });
    expect(before.checks["webhook deliveries"]).toMatchObject({ status: "skipped" });
    expect(before.exitCode).toBe(1);
    await other.createRepository({ owner: "acme", name: "shop" });
    await other.createRepository({ owner: "late", name: "shop" });
    other.installation("late").suspend();
    const { checks } = await runDoctor(env);
    expect(checks.installations).toMatchObject({
      status: "warning",
      says: "installed 2 times; suspended: late; not granted by: acme (checks: write)",
    });
    await other.close();
  });

  test("are the ones the README names, as are the events", async () => {
    const readme = (await Bun.file(new URL("../../../README.md", import.meta.url)).text()).replace(
      /\s+/g,
      " ",
    );
    for (const lacking of lackingPermissions({})) {
      const [name = "", level = ""] = lacking.split(": ");
      expect(readme).toContain(`${name.replace("_", " ")} ${level}`);
    }
    for (const event of lackingEvents([])) expect(readme).toContain(event.replaceAll("_", " "));
  });

  test("that are greater than needed are enough", () => {
    expect(lackingPermissions({ ...needed, contents: "write", issues: "admin" })).toEqual([]);
    expect(lackingPermissions({ ...needed, pull_requests: "read" })).toEqual(["pull_requests: write"]);
  });

  test("an event that is not subscribed to is warned of", () => {
    const events = lackingEvents([]).filter((event) => event !== "issue_comment");
    expect(judgePermissions({ slug: "reviewd", permissions: needed, events })).toMatchObject({
      status: "warning",
      says: "the App is not told of issue_comment",
    });
  });
});

test("of many installations only some are named", () => {
  const installations = Array.from({ length: 7 }, (_, at) => ({
    id: at,
    account: { id: at, login: `owner-${at}`, isBot: false, kind: "user" as const },
    suspended: false,
    permissions: needed,
    updatedAt: "2026-01-01T00:00:00Z",
  }));
  expect(judgeInstallations(installations).says).toEndWith("owner-4 and 2 more");
});

describe("webhook deliveries", () => {
  test("of which the last one did not arrive fail, and what to look at is said", async () => {
    receiver.answerWith(500);
    hub.ping();
    await hub.webhooks.settled();
    const { exitCode, checks } = await runDoctor(app);
    expect(checks["webhook deliveries"]).toMatchObject({
      status: "failed",
      says: expect.stringMatching(/^the last one \(ping, .*\) did not arrive; 1 of the last \d failed$/),
      todo: expect.stringContaining("/webhooks/github"),
    });
    expect(exitCode).toBe(1);
  });

  test("of which an older one failed are well", () => {
    const delivery = {
      id: "1",
      guid: "a",
      event: "push",
      deliveredAt: "2026-01-01T00:00:00Z",
      succeeded: true,
    };
    expect(judgeDeliveries([delivery, { ...delivery, succeeded: false }])).toMatchObject({
      status: "ok",
      says: "the last one arrived at 2026-01-01T00:00:00Z; 1 of the last 2 failed",
    });
  });
});
