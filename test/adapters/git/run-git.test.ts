import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gitOutput, runGit } from "../../../src/adapters/git/run-git.ts";
import { eventually } from "../../support/eventually.ts";

const { signal } = new AbortController();
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** An alias runs a shell: the way for a test to see git's environment and to make git slow. */
function shell(script: string): { args: string[]; environment: { PATH: string } } {
  return { args: ["-c", `alias.run=!${script}`, "run"], environment: { PATH: process.env.PATH ?? "" } };
}

test("nothing of our environment reaches git", async () => {
  const names = ["GIT_DIR", "GIT_SSH_COMMAND", "GITHUB_APP_PRIVATE_KEY", "HTTPS_PROXY"];
  for (const name of names) process.env[name] = "leaked";
  const printed = text(await gitOutput({ ...shell("env"), signal, deadlineMs: 10_000 }));
  for (const name of names) delete process.env[name];
  expect(printed).toContain("GIT_CONFIG_GLOBAL=/dev/null");
  expect(printed).not.toContain("leaked");
});

test("settings of a call go through the environment and beat those of a file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "reviewd-test-config-"));
  await gitOutput({ args: ["init", "--quiet", folder], signal, deadlineMs: 10_000 });
  await gitOutput({ args: ["-C", folder, "config", "core.fsmonitor", "evil"], signal, deadlineMs: 10_000 });
  const args = ["-C", folder, "config", "--get-regexp", "^(core.fsmonitor|x.secret)$"];
  const config = [["x.secret", "s3cret"]] as const;
  const printed = text(await gitOutput({ args, config, signal, deadlineMs: 10_000 }));
  expect(printed.trim().split("\n").at(-2)).toBe("core.fsmonitor false");
  expect(printed.trim().split("\n").at(-1)).toBe("x.secret s3cret");
  await rm(folder, { recursive: true });
});

test("a failure says what git said, without the secret", async () => {
  const call = {
    args: ["cat-file", "-p", "s3cret"],
    environment: { GIT_DIR: "/dev/null/s3cret" },
    secrets: ["s3cret"],
  };
  const failed = gitOutput({ ...call, signal, deadlineMs: 10_000 });
  await expect(failed).rejects.toMatchObject({ name: "ReviewdError", code: "unavailable" });
  await expect(failed).rejects.toThrow(
    /git cat-file failed: fatal: not a git repository: '\/dev\/null\/\*\*\*'/,
  );
});

test("at the deadline git and what it started are killed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "reviewd-test-deadline-"));
  const script = `sh -c 'echo $$ > ${folder}/pid; sleep 600 & wait'`;
  const call = { ...shell(script), signal, deadlineMs: 1_000 };
  await expect(runGit(call)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("1000 ms"),
  });
  const pid = Number(await Bun.file(join(folder, "pid")).text());
  await eventually(async () => expect(() => process.kill(pid, 0)).toThrow());
  await rm(folder, { recursive: true });
});

test("an aborted signal stops git, also before it was started", async () => {
  const controller = new AbortController();
  const running = runGit({ ...shell("sleep 600"), signal: controller.signal, deadlineMs: 60_000 });
  controller.abort("SIGTERM");
  await expect(running).rejects.toMatchObject({ code: "unavailable", cause: "SIGTERM" });
  await expect(
    runGit({ ...shell("sleep 600"), signal: controller.signal, deadlineMs: 60_000 }),
  ).rejects.toMatchObject({ code: "unavailable" });
});

test("output over the limit is an error, not cut short", async () => {
  const call = { ...shell("yes"), signal, deadlineMs: 60_000, maxBytes: 10_000 };
  await expect(runGit(call)).rejects.toMatchObject({ code: "invalid_input" });
});
