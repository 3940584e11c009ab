import { describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatLine } from "../../../src/roles/doctor/report.ts";
import { runReviewd, startReviewd } from "../../support/run-reviewd.ts";
import { runDoctor } from "./run-doctor.ts";

describe("keys", () => {
  test("that are set are counted and not shown", async () => {
    const { exitCode, checks } = await runDoctor({
      GITHUB_WEBHOOK_SECRETS: "the-newest-webhook-secret,the-webhook-secret-before",
      MARKER_KEYS: "a-marker-key-of-this-test",
    });
    expect(checks["webhook secrets"]).toMatchObject({
      status: "ok",
      says: "2 are set; any of them may sign",
    });
    expect(checks["marker keys"]).toMatchObject({ status: "ok", says: "one is set" });
    expect(exitCode).toBe(0);
  });

  test("that are not set are skipped, with their variable", async () => {
    const { checks } = await runDoctor({});
    expect(checks["webhook secrets"]).toMatchObject({
      status: "skipped",
      says: "GITHUB_WEBHOOK_SECRETS is not set here",
    });
    expect(checks["marker keys"]).toMatchObject({ status: "skipped", says: "MARKER_KEYS is not set here" });
  });

  test("that are too short fail, and the other checks go on", async () => {
    const { exitCode, checks } = await runDoctor({
      GITHUB_WEBHOOK_SECRETS: "hunter2",
      MARKER_KEYS: "hunter2",
    });
    for (const check of ["webhook secrets", "marker keys"]) {
      expect(checks[check]).toMatchObject({ status: "failed", says: expect.stringContaining("at least 16") });
    }
    expect(checks.git).toMatchObject({ status: "ok" });
    expect(exitCode).toBe(1);
  });
});

describe("git", () => {
  test("that is too old fails", async () => {
    const folder = mkdtempSync(join(tmpdir(), "reviewd-doctor-"));
    writeFileSync(join(folder, "git"), "#!/bin/sh\necho git version 2.38.5\n");
    chmodSync(join(folder, "git"), 0o755);
    const { exitCode, checks } = await runDoctor({ PATH: folder });
    rmSync(folder, { recursive: true });
    expect(checks.git).toEqual({
      status: "failed",
      says: "git version 2.38.5 is too old",
      todo: "install git 2.39 or newer",
    });
    expect(exitCode).toBe(1);
  });

  test("that is missing fails and says what to install", async () => {
    const { exitCode, checks } = await runDoctor({ PATH: "/nonexistent" });
    expect(checks.git).toMatchObject({ status: "failed", says: expect.stringContaining("install git 2.39") });
    expect(exitCode).toBe(1);
  });
});

describe("for people", () => {
  test("each check is a line, what to do stands below, and the last line counts", async () => {
    const { exitCode, stdout } = await runReviewd(["doctor"], { env: { MARKER_KEYS: "hunter2" } });
    expect(stdout).toMatch(/^skipped {2}database {12}DATABASE_URL is not set here$/m);
    expect(stdout).toMatch(/^failed {3}marker keys {9}MARKER_KEYS has a malformed value \(not shown\)/m);
    expect(stdout).toEndWith("1 ok, 0 warning, 1 failed, 13 skipped");
    expect(stdout).not.toContain("hunter2");
    expect(exitCode).toBe(1);
  });

  test("what somebody else named cannot write on the terminal", () => {
    const line = formatLine({ check: "git", status: "warning", says: "a\u001b[2Jb", todo: "c\nd" });
    expect(line).toBe(`warning  git                 a?[2Jb\n${" ".repeat(29)}→ c?d`);
  });
});

test.each([["--bogus"], ["all"], ["--json=yes"]])("%s is refused with exit code 2", async (argument) => {
  const { exitCode, stdout, stderr } = await runReviewd(["doctor", argument]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain("Usage: reviewd doctor");
});

test("--help tells what it looks at and reads, and asks nobody", async () => {
  const { exitCode, stdout } = await runReviewd(["doctor", "--help"], {
    env: { DATABASE_URL: "postgres://nowhere" },
  });
  expect(exitCode).toBe(0);
  expect(stdout).toStartWith("Usage: reviewd doctor [--json]");
  expect(stdout).toContain("LISTEN_DATABASE_URL[_FILE]");
});

test("SIGINT ends it while somebody keeps it waiting", async () => {
  const asked = Promise.withResolvers<void>();
  const silent = createServer(() => asked.resolve());
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" && address ? address.port : 0;
  await using doctor = startReviewd(["doctor"], {
    env: { DATABASE_URL: `postgres://127.0.0.1:${port}/reviewd` },
  });
  await asked.promise;
  expect(await doctor.stop("SIGINT")).toBe(1);
  silent.close();
});
