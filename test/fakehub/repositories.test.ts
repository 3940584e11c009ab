import { afterEach, beforeEach, expect, test } from "bun:test";
import { type Fakehub, startFakehub } from "./fakehub.ts";
import { openShop, type Shop } from "./test-shop.ts";

let hub: Fakehub;
let shop: Shop;
beforeEach(async () => {
  hub = await startFakehub();
  shop = await openShop(hub);
});
afterEach(() => hub.close());

const get = (path: string, headers?: Record<string, string>) =>
  shop.client.call("GET", `${shop.path}${path}`, undefined, headers);

test("a file is read at a commit, a branch or the default branch", async () => {
  const text = async (query: string) =>
    Buffer.from((await get(`/contents/a.ts${query}`)).body.content, "base64").toString();
  expect(await text("")).toContain("line 10\n");
  expect(await text("?ref=cart")).toContain("changed\n");
  expect(await text(`?ref=${shop.pull.headSha}`)).toContain("changed\n");
  expect((await get("/contents/a.ts?ref=nothing")).status).toBe(404);
  expect((await get("/contents/missing.ts")).status).toBe(404);
  const raw = await get("/contents/untouched.ts", { accept: "application/vnd.github.raw+json" });
  expect(raw.body).toBe("same\n");
});

test("a folder is listed", async () => {
  await shop.repository.push({ files: { "src/deep/x.ts": "x\n", "src/y.ts": "y\n" } });
  const { body } = await get("/contents/src");
  expect(body).toMatchObject([
    { name: "deep", type: "dir", path: "src/deep" },
    { name: "y.ts", type: "file", size: 2 },
  ]);
});

test("a commit and a branch are shown, also with slashes in the name", async () => {
  const sha = await shop.repository.push({ branch: "feature/x", files: { "x.ts": "x\n" } });
  expect((await get("/branches/feature/x")).body).toMatchObject({ name: "feature/x", commit: { sha } });
  expect((await get("/branches/nothing")).status).toBe(404);
  expect((await get(`/commits/${sha}`)).body).toMatchObject({
    sha,
    files: [{ filename: "x.ts", status: "added" }],
  });
  expect((await get("/commits/feature/x")).body.sha).toBe(sha);
  expect((await get(`/commits/${"f".repeat(40)}`)).status).toBe(422);
});

test("a comparison pages its commits and shows its files once, 300 at most", async () => {
  const files = Object.fromEntries(Array.from({ length: 301 }, (_, at) => [`f${at}.ts`, "x\n"]));
  await shop.repository.push({ branch: "long", files });
  await shop.repository.push({ branch: "long", files: { "last.ts": "x\n" } });
  const first = await get("/compare/main...long?per_page=1");
  expect(first.body).toMatchObject({
    status: "ahead",
    ahead_by: 2,
    total_commits: 2,
    commits: { length: 1 },
  });
  expect(first.body.files).toHaveLength(300);
  expect((await get("/compare/main...long?per_page=1&page=2")).body.files).toBeUndefined();
  expect((await get("/compare/main...main")).body).toMatchObject({ status: "identical", files: [] });
  expect((await get("/compare/main...nothing")).status).toBe(404);
});

test("an account is shown, a deleted one is not", async () => {
  const { client } = shop;
  expect((await client.call("GET", "/users/eve")).body).toMatchObject({ login: "eve", type: "User" });
  expect((await client.call("GET", `/users/${encodeURIComponent(hub.app.botLogin)}`)).body).toMatchObject({
    type: "Bot",
    id: hub.app.botId,
  });
  await hub.user("eve").deleteAccount();
  expect((await client.call("GET", "/users/eve")).status).toBe(404);
  expect((await client.call("GET", `${shop.path}/pulls/1`)).body.user).toBeNull();
});

test("an account of another App is a Bot", async () => {
  const bump = { author: "renovate[bot]", title: "Bump", branch: "bump", files: { "b.ts": "b\n" } };
  const pull = await shop.repository.openPullRequest(bump);
  expect((await get(`/pulls/${pull.number}`)).body.user).toMatchObject({
    login: "renovate[bot]",
    type: "Bot",
  });
});

test("a repository's pull request commits are listed oldest first", async () => {
  const second = await shop.pull.push({ files: { "b.ts": "b\n" }, message: "Second" });
  const { body } = await get("/pulls/1/commits");
  expect(body).toMatchObject([
    { commit: { message: "Add cart" } },
    { sha: second, commit: { message: "Second" } },
  ]);
});
