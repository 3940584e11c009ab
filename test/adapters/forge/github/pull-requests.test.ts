import { expect, test } from "bun:test";
import { openShop } from "./open-shop.ts";
import { failureOf } from "./scripted-github.ts";

test("a pull request's facts", async () => {
  await using shop = await openShop();
  const { forge, ref, pull, hub, repository } = shop;
  await pull.label("needs care");
  const facts = await forge.getPullRequest(ref, pull.number);
  expect(facts).toMatchObject({
    number: pull.number,
    title: "Add cart",
    state: "open",
    merged: false,
    draft: false,
    author: { id: hub.user("eve").id, login: "eve", isBot: false },
    fromFork: false,
    labels: ["needs care"],
    headSha: pull.headSha,
    baseRef: "main",
    closedAt: null,
  });
  const tip = await repository.push({ files: { "later.ts": "later\n" } });
  const base = await forge.getBase(ref, "main", facts.headSha);
  expect(base).toEqual({ tip, mergeBase: facts.baseSha });

  await pull.convertToDraft();
  expect(await forge.getPullRequest(ref, pull.number)).toMatchObject({ draft: true });
  await pull.close({ merged: true });
  const closed = await forge.getPullRequest(ref, pull.number);
  expect(closed).toMatchObject({ state: "closed", merged: true });
  expect(Date.parse(closed.closedAt ?? "")).toBeGreaterThan(0);
});

test("one from a fork is known as such, also when the fork is deleted", async () => {
  await using shop = await openShop();
  const { forge, ref, repository } = shop;
  const pull = await repository.openPullRequest({
    author: "mallory",
    title: "Trust me",
    branch: "fix",
    files: { "b.ts": "1;\n" },
    fromFork: true,
  });
  expect(await forge.getPullRequest(ref, pull.number)).toMatchObject({ fromFork: true });
  pull.deleteFork();
  expect(await forge.getPullRequest(ref, pull.number)).toMatchObject({ fromFork: true });
});

test("open pull requests are listed as they were updated, newest first, closed ones left out", async () => {
  await using shop = await openShop();
  const { forge, ref, repository, pull, hub } = shop;
  const numbers: number[] = [];
  for (const branch of ["a", "b", "c"]) {
    hub.clock.advance(1_000);
    const request = { author: "eve", title: branch, branch, files: { "a.txt": branch } };
    numbers.unshift((await repository.openPullRequest(request)).number);
  }
  await pull.close({ merged: false });
  const listed = await Array.fromAsync(forge.listOpenPullRequests(ref));
  expect(listed.map(({ number }) => number)).toEqual(numbers);
});

test("what is not there is not found, and an unknown commit has no merge base", async () => {
  await using shop = await openShop();
  const { forge, ref, pull } = shop;
  expect(await failureOf(forge.getPullRequest(ref, 999))).toMatchObject({ code: "not_found" });
  const unknown = forge.getBase(ref, "0".repeat(40), pull.headSha);
  expect(await failureOf(unknown)).toMatchObject({ code: "not_found" });
});

test("a renamed repository is still found under its old name", async () => {
  await using shop = await openShop();
  const { forge, ref, repository, pull } = shop;
  repository.rename("store");
  expect(await forge.getPullRequest(ref, pull.number)).toMatchObject({ number: pull.number });
  expect(await forge.createComment(ref, pull.number, "hello")).toMatchObject({ body: "hello" });
});

test("git gets in with what it is given, and not without", async () => {
  await using shop = await openShop();
  const { forge, ref, pull } = shop;
  const { url, authorization } = await forge.cloneAccess(ref);
  const list = async (env: Record<string, string>) => {
    const git = Bun.spawn(["git", "ls-remote", url, `refs/pull/${pull.number}/head`], {
      env: { PATH: process.env.PATH ?? "", GIT_TERMINAL_PROMPT: "0", ...env },
      stderr: "ignore",
    });
    return { text: await new Response(git.stdout).text(), code: await git.exited };
  };
  const withHeader = {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "http.extraHeader",
    GIT_CONFIG_VALUE_0: `Authorization: ${authorization}`,
  };
  expect((await list(withHeader)).text).toStartWith(pull.headSha);
  expect((await list({})).code).not.toBe(0);
});
