import { expect, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addedLines } from "../../../src/adapters/git/diff.ts";
import { fetchPullRequest } from "../../../src/adapters/git/fetch-pull-request.ts";
import { readDiff } from "../../../src/adapters/git/read-diff.ts";
import { readFileAt } from "../../../src/adapters/git/read-file.ts";
import type { Repository } from "../../../src/adapters/git/repository.ts";
import { startGitServer } from "./git-server.ts";
import { createTestRepository, type TestRepository } from "./test-repository.ts";

const { signal } = new AbortController();
const token = "ghs_1234_eyJhbGciOiJSUzI1NiJ9.c2VjcmV0LXRva2Vu";
const authorization = `Basic ${btoa(`x-access-token:${token}`)}`;

interface PullRequest extends AsyncDisposable {
  readonly repository: TestRepository;
  readonly mergeBase: string;
  readonly head: string;
}

const renamed = Array.from({ length: 40 }, (_, i) => `line ${i}\n`).join("");

/** Ten files changed, one renamed, fifty left alone; neither commit is what a reference names. */
async function createPullRequest(): Promise<PullRequest> {
  const repository = await createTestRepository();
  const named = (name: string, count: number, content: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}/${i}.ts`, `${content} ${i}\n`]));
  await repository.commit({ "before.ts": "before\n" });
  const mergeBase = await repository.commit({
    ...named("same", 50, "same"),
    ...named("changed", 10, "old"),
    "from.ts": renamed,
    ".reviewd.yml": "reviews: true\n",
  });
  const head = await repository.commit({
    ...named("changed", 10, "new"),
    "from.ts": null,
    "to.ts": `${renamed}more\n`,
  });
  await repository.commit({ "after.ts": "after\n" });
  for (const key of ["uploadpack.allowFilter"]) repository.git("config", key, "true");
  return { repository, mergeBase, head, [Symbol.asyncDispose]: () => repository[Symbol.asyncDispose]() };
}

async function expectWholeDiff(fetched: Repository, { mergeBase, head }: PullRequest): Promise<void> {
  const files = await readDiff(fetched, mergeBase, head);
  expect(files.map(({ path, oldPath }) => [path, oldPath])).toEqual([
    ...Array.from({ length: 10 }, (_, i) => [`changed/${i}.ts`, null]),
    ["to.ts", "from.ts"],
  ]);
  expect(files.map((file) => [...addedLines(file)])).toEqual([
    ...Array.from({ length: 10 }, () => [1]),
    [41],
  ]);
  expect(await readFileAt(fetched, head, "to.ts")).toEqual(Buffer.from(`${renamed}more\n`));
  expect(await readFileAt(fetched, mergeBase, ".reviewd.yml")).toEqual(Buffer.from("reviews: true\n"));
  expect(await readFileAt(fetched, head, "none.ts")).toBeNull();
}

test("over HTTP only the contents that are read are fetched, those of the diff in one go", async () => {
  await using pull = await createPullRequest();
  using server = startGitServer(pull.repository.directory, { authorization });
  await using fetched = await fetchPullRequest({ url: server.url, authorization }, pull, signal);
  const requests = () => server.requests.filter(({ path }) => path.endsWith("/git-upload-pack")).length;
  const before = requests();
  await readDiff(fetched, pull.mergeBase, pull.head);
  // One to find renames, one for the rest; each a fetch of its own with two requests in protocol v2.
  expect(requests() - before).toBeLessThanOrEqual(4);
  const afterDiff = requests();
  await expectWholeDiff(fetched, pull);
  expect(requests()).toBeGreaterThan(afterDiff);
  const objects = new Bun.Glob("**/*.promisor").scanSync({ cwd: fetched.gitDir });
  expect([...objects].length).toBeGreaterThan(0);
});

test("the token is in no file, no argument, and goes to its own server alone", async () => {
  await using pull = await createPullRequest();
  using server = startGitServer(pull.repository.directory, { authorization });
  await using fetched = await fetchPullRequest({ url: server.url, authorization }, pull, signal);
  await expectWholeDiff(fetched, pull);
  expect(server.requests.every((request) => request.authorization === authorization)).toBe(true);
  const secrets = [token, btoa(`x-access-token:${token}`)];
  const files = [...new Bun.Glob("**/*").scanSync({ cwd: fetched.gitDir, dot: true, onlyFiles: true })];
  expect(files).toContain("config");
  for (const file of files) {
    const content = Buffer.from(await Bun.file(join(fetched.gitDir, file)).bytes()).toString("latin1");
    for (const secret of [...secrets, server.url]) expect(content).not.toContain(secret);
  }
  const lines = [...server.commandLines];
  if (process.platform === "linux") expect(lines.some((line) => line.includes("remote-http"))).toBe(true);
  for (const secret of secrets) expect(lines.filter((line) => line.includes(secret))).toEqual([]);
});

test("a server without filters sends everything at once", async () => {
  await using pull = await createPullRequest();
  pull.repository.git("config", "uploadpack.allowFilter", "false");
  using server = startGitServer(pull.repository.directory);
  await using fetched = await fetchPullRequest({ url: server.url, authorization: "" }, pull, signal);
  const before = server.requests.length;
  await expectWholeDiff(fetched, pull);
  expect(server.requests).toHaveLength(before);
});

test("a server that only gives out what references name is asked for its references", async () => {
  await using pull = await createPullRequest();
  for (const filter of ["true", "false"]) {
    pull.repository.git("config", "uploadpack.allowFilter", filter);
    using server = startGitServer(pull.repository.directory, { oldProtocol: true });
    await using fetched = await fetchPullRequest({ url: server.url, authorization: "" }, pull, signal);
    await expectWholeDiff(fetched, pull);
    const missing = { ...pull, head: "1".repeat(40) };
    const refused = fetchPullRequest({ url: server.url, authorization: "" }, missing, signal);
    await expect(refused).rejects.toMatchObject({ code: "not_found" });
  }
});

test("a repository on this machine is fetched by its file URL", async () => {
  await using pull = await createPullRequest();
  const url = `file://${pull.repository.directory}`;
  await using fetched = await fetchPullRequest({ url, authorization: "" }, pull, signal);
  await expectWholeDiff(fetched, pull);
});

test("an unknown token, a missing permission, a missing repository and a missing commit are told apart, without the token", async () => {
  await using pull = await createPullRequest();
  using server = startGitServer(pull.repository.directory, { authorization });
  using empty = startGitServer("/dev/null", { answer: () => new Response("no", { status: 404 }) });
  using forbidding = startGitServer("/dev/null", { answer: () => new Response("no", { status: 403 }) });
  const access = { url: server.url, authorization };
  const wrong = `Bearer ${token}`;
  const cases = [
    [{ ...access, authorization: wrong }, pull, "unavailable"],
    [{ ...access, url: forbidding.url }, pull, "forbidden"],
    [{ ...access, url: empty.url }, pull, "not_found"],
    [access, { ...pull, head: "1".repeat(40) }, "not_found"],
    [access, { ...pull, head: "main" }, "invalid_input"],
  ] as const;
  for (const [given, commits, code] of cases) {
    const error = await fetchPullRequest(given, commits, signal).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ReviewdError", code });
    expect(String(error)).not.toContain(token);
  }
});

test("what the server says is passed on without the token it was sent", async () => {
  const line = `ERR you sent ${authorization} with ${token}`;
  const packet = `${(line.length + 4).toString(16).padStart(4, "0")}${line}`;
  using server = startGitServer("/dev/null", {
    answer: () =>
      new Response(`001e# service=git-upload-pack\n0000${packet}`, {
        headers: { "content-type": "application/x-git-upload-pack-advertisement" },
      }),
  });
  const commits = { mergeBase: "1".repeat(40), head: "2".repeat(40) };
  const error = await fetchPullRequest({ url: server.url, authorization }, commits, signal).catch(String);
  expect(error).toContain("you sent *** with ***");
});

test("a redirect is not followed, so the token stays with its server", async () => {
  await using pull = await createPullRequest();
  using elsewhere = startGitServer(pull.repository.directory);
  using server = startGitServer("/dev/null", {
    answer: ({ url }) =>
      Response.redirect(url.replace(/^http:\/\/[^/]+/, elsewhere.url.replace("/.git", "")), 301),
  });
  const fetching = fetchPullRequest({ url: server.url, authorization }, pull, signal);
  await expect(fetching).rejects.toMatchObject({ code: "unavailable" });
  expect(elsewhere.requests).toEqual([]);
});

test("a server that is down is unavailable, one that hangs is left when the signal says so", async () => {
  const commits = { mergeBase: "1".repeat(40), head: "2".repeat(40) };
  const gone = startGitServer("/dev/null");
  gone[Symbol.dispose]();
  const refused = fetchPullRequest({ url: gone.url, authorization }, commits, signal);
  await expect(refused).rejects.toMatchObject({ code: "unavailable" });

  const controller = new AbortController();
  using hanging = startGitServer("/dev/null", {
    answer: () => {
      controller.abort("SIGTERM");
      return new Promise<Response>(() => {});
    },
  });
  const stopped = fetchPullRequest({ url: hanging.url, authorization }, commits, controller.signal);
  await expect(stopped).rejects.toMatchObject({ code: "unavailable", cause: "SIGTERM" });
});

test("a server that breaks or changes its mind between fetch and diff is unavailable", async () => {
  await using pull = await createPullRequest();
  for (const status of [500, 401]) {
    let broken = false;
    using server = startGitServer(pull.repository.directory, {
      answer: () => (broken ? new Response("no", { status }) : null),
    });
    await using fetched = await fetchPullRequest({ url: server.url, authorization }, pull, signal);
    broken = true;
    const diff = readDiff(fetched, pull.mergeBase, pull.head);
    await expect(diff).rejects.toMatchObject({ code: "unavailable" });
    await expect(readFileAt(fetched, pull.head, "to.ts")).rejects.toMatchObject({ code: "unavailable" });
    broken = false;
    await expectWholeDiff(fetched, pull);
  }
});

test("a URL that runs a program or holds credentials is refused", async () => {
  const commits = { mergeBase: "1".repeat(40), head: "2".repeat(40) };
  for (const url of ["ext::sh -c id", "ssh://git@host/a", "https://user:pass@host/a", "git://host/a"]) {
    const refused = fetchPullRequest({ url, authorization }, commits, signal);
    await expect(refused).rejects.toMatchObject({ code: "invalid_input" });
  }
});

test("no folder stays behind, also after a failure", async () => {
  await using pull = await createPullRequest();
  const url = `file://${pull.repository.directory}`;
  const { TMPDIR } = process.env;
  const folder = await mkdtemp(join(tmpdir(), "reviewd-test-tmp-"));
  process.env.TMPDIR = folder;
  const fetched = await fetchPullRequest({ url, authorization: "" }, pull, signal);
  await readFileAt(fetched, pull.head, "to.ts");
  expect(await readdir(folder)).toHaveLength(1);
  await fetched[Symbol.asyncDispose]();
  const missing = fetchPullRequest({ url: `${url}-missing`, authorization: "" }, pull, signal);
  await expect(missing).rejects.toMatchObject({ code: "not_found" });
  expect(await readdir(folder)).toEqual([]);
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  await rm(folder, { recursive: true });
});
