import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Fakehub, startFakehub } from "./fakehub.ts";
import { connect } from "./test-client.ts";
import { openShop, type Shop } from "./test-shop.ts";

let hub: Fakehub;
let shop: Shop;
let folder: string;
beforeEach(async () => {
  hub = await startFakehub();
  shop = await openShop(hub);
  folder = await mkdtemp(join(tmpdir(), "fakehub-clone-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  await hub.close();
});

/** Runs git with a token for credentials; answers its exit code and what it printed. */
async function git(token: string | null, ...args: readonly string[]) {
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  const login = token === null ? [] : ["-c", `http.extraHeader=Authorization: Basic ${basic}`];
  const process = Bun.spawn(["git", ...login, ...args], {
    cwd: folder,
    env: { PATH: Bun.env.PATH ?? "", HOME: folder, GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1" },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, complaint] = await Promise.all([
    new Response(process.stdout).text(),
    new Response(process.stderr).text(),
  ]);
  return { exitCode: await process.exited, output, complaint };
}

describe("git over HTTP", () => {
  test("clones a private repository with an installation token", async () => {
    expect((await git(shop.client.token, "clone", "-q", shop.repository.cloneUrl, "copy")).exitCode).toBe(0);
    expect(await readFile(join(folder, "copy/untouched.ts"), "utf8")).toBe("same\n");
  });

  test("clones without blobs, and fetches any commit by its id", async () => {
    const { pull, repository, client } = shop;
    const old = pull.headSha;
    await pull.forcePush({ files: { "b.ts": "b\n" } });
    await git(client.token, "init", "-q", "--bare", "copy");
    const fetchInto = ["-C", "copy", "fetch", "-q", "--filter=blob:none", "--depth=1", repository.cloneUrl];
    // The old head is on no branch any more, and was once on the pull request.
    for (const sha of [old, pull.headSha]) {
      expect((await git(client.token, ...fetchInto, sha)).exitCode).toBe(0);
      expect((await git(null, "-C", "copy", "cat-file", "-t", sha)).output).toBe("commit\n");
    }
  });

  test("keeps the head of each pull request, also of a fork that is gone", async () => {
    const request = {
      author: "mallory",
      title: "Help",
      branch: "main",
      files: { "m.ts": "m\n" },
      fromFork: true,
    };
    const forked = await shop.repository.openPullRequest(request);
    forked.deleteFork();
    const { output } = await git(shop.client.token, "ls-remote", shop.repository.cloneUrl, "refs/pull/*");
    expect(output.trim().split("\n")).toEqual([
      `${shop.pull.headSha}\trefs/pull/1/head`,
      `${forked.headSha}\trefs/pull/2/head`,
    ]);
  });

  test("asks for credentials, and refuses wrong, narrowed and expired ones", async () => {
    const url = shop.repository.cloneUrl;
    const other = await hub.createRepository({ owner: "acme", name: "other", private: true });
    const elsewhere = await connect(hub, "acme", { repository_ids: [other.id] });
    const blind = await connect(hub, "acme", { permissions: { issues: "read" } });
    expect(
      (await fetch(`${url}/info/refs?service=git-upload-pack`)).headers.get("www-authenticate"),
    ).toContain("Basic");
    for (const token of [null, "ghs_wrong", elsewhere.token, blind.token])
      expect((await git(token, "ls-remote", url)).exitCode).not.toBe(0);
    expect((await git(shop.client.token, "ls-remote", url)).exitCode).toBe(0);
    hub.clock.advance(3_600_000);
    expect((await git(shop.client.token, "ls-remote", url)).exitCode).not.toBe(0);
  });

  test("follows a rename, and takes no push", async () => {
    const old = shop.repository.cloneUrl;
    shop.repository.rename("store");
    expect((await git(shop.client.token, "clone", "-q", old, "copy")).exitCode).toBe(0);
    const push = await git(
      shop.client.token,
      "-C",
      "copy",
      "push",
      "-q",
      shop.repository.cloneUrl,
      "HEAD:refs/heads/x",
    );
    expect(push.exitCode).not.toBe(0);
  });

  test("serves a public repository to anybody", async () => {
    const open = await hub.createRepository({ owner: "acme", name: "open" });
    expect((await git(null, "ls-remote", open.cloneUrl)).output).toContain("refs/heads/main");
  });

  test("is in the ledger", async () => {
    hub.ledger.clear();
    await git(shop.client.token, "ls-remote", shop.repository.cloneUrl);
    expect(hub.ledger.count("GET /{owner}/{repo}.git/info/refs")).toBe(1);
    expect(hub.ledger.calls[0]).toMatchObject({ status: 200, installationId: hub.installation("acme").id });
  });
});
