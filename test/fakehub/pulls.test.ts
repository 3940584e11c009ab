import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Fakehub, startFakehub } from "./fakehub.ts";
import type { Files } from "./git/fast-import.ts";
import { connect } from "./test-client.ts";
import { numbered, openShop } from "./test-shop.ts";

let hub: Fakehub;
beforeEach(async () => {
  hub = await startFakehub();
});
afterEach(() => hub.close());

const diffType = { accept: "application/vnd.github.diff" };

async function openWith(base: Files, files: Files) {
  const repository = await hub.createRepository({ owner: "acme", name: "shop", files: base });
  const pull = await repository.openPullRequest({ author: "eve", title: "Change", branch: "change", files });
  return {
    repository,
    pull,
    client: await connect(hub, "acme"),
    path: `/repos/acme/shop/pulls/${pull.number}`,
  };
}

describe("the file list", () => {
  test("tells added, removed, renamed, changed and binary files apart", async () => {
    const { client, path } = await openWith(
      {
        "gone.ts": "gone\n",
        "old.ts": numbered(1, 20),
        "same.ts": "1\n2\n",
        "logo.png": new Uint8Array([0, 1]),
      },
      {
        "gone.ts": null,
        "old.ts": null,
        "new name.ts": numbered(1, 20),
        "same.ts": "1\n3\n",
        "logo.png": new Uint8Array([0, 2]),
        "run.sh": { mode: "100755", content: "#!/bin/sh\n" },
      },
    );
    const { body } = await client.call("GET", `${path}/files`);
    const shown = body.map((file: Record<string, unknown>) => [
      file.filename,
      file.status,
      file.additions,
      file.deletions,
      file.previous_filename,
      file.patch !== undefined,
    ]);
    expect(shown).toEqual([
      ["gone.ts", "removed", 0, 1, undefined, true],
      ["logo.png", "modified", 0, 0, undefined, false],
      ["new name.ts", "renamed", 0, 0, "old.ts", false],
      ["run.sh", "added", 1, 0, undefined, true],
      ["same.ts", "modified", 1, 1, undefined, true],
    ]);
    expect(body[4].patch).toBe("@@ -1,2 +1,2 @@\n 1\n-2\n+3");
  });

  test("keeps names that are hard to write", async () => {
    const names = ['quo"te.ts', "-dash.ts", "tab\there.ts", "back\\slash.ts", "ümlaut 🙂.ts", "a/b c/d#?.ts"];
    const { client, path } = await openWith({}, Object.fromEntries(names.map((name) => [name, "x\n"])));
    const { body } = await client.call("GET", `${path}/files?per_page=100`);
    expect(body.map((file: { filename: string }) => file.filename).sort()).toEqual(names.toSorted());
  });

  test("keeps each file's patch its own, whatever the content looks like", async () => {
    const tricky = "diff --git a/x b/x\n@@ -1 +1 @@\n-old\n+new\n\\ No newline at end of file\n";
    const { client, path } = await openWith(
      { "a.txt": "a\n" },
      { "a.txt": `a\n${tricky}`, "b.txt": "no newline" },
    );
    const { body } = await client.call("GET", `${path}/files`);
    expect(body[0].patch.split("\n").slice(0, 3)).toEqual(["@@ -1 +1,6 @@", " a", "+diff --git a/x b/x"]);
    expect(body[1].patch).toBe("@@ -0,0 +1 @@\n+no newline\n\\ No newline at end of file");
  });

  test("shows a file that became a link, and the files after it", async () => {
    const { client, path } = await openWith(
      { "b.ts": "file\n", "c.ts": "c\n" },
      { "b.ts": { mode: "120000", content: "c.ts" }, "c.ts": "d\n" },
    );
    const { body } = await client.call("GET", `${path}/files`);
    expect(body.map((file: { status: string }) => file.status)).toEqual(["changed", "modified"]);
    expect(body[1].patch).toContain("+d");
  });

  test("is cut where GitHub cuts it: pages, large patches, the whole list", async () => {
    await hub.close();
    hub = await startFakehub({ limits: { listedFiles: 45, patchLines: 50 } });
    const files = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`f${at + 100}.ts`, "x\n"]));
    const { client, path } = await openWith({}, { ...files, "a-large.ts": numbered(1, 60) });
    const first = await client.call("GET", `${path}/files`);
    expect(first.body).toHaveLength(30);
    expect(first.body[0]).toMatchObject({ filename: "a-large.ts", additions: 60 });
    expect(first.body[0].patch).toBeUndefined();
    expect(first.headers.get("link")).toBe(
      `<${hub.apiUrl}${path}/files?page=2>; rel="next", <${hub.apiUrl}${path}/files?page=2>; rel="last"`,
    );
    const second = await client.call("GET", `${path}/files?page=2`);
    expect(second.body).toHaveLength(15);
    expect(second.headers.get("link")).toContain('rel="prev"');
    expect((await client.call("GET", `${path}/files?page=9`)).body).toEqual([]);
    expect((await client.call("GET", `${path}/files?per_page=500`)).body).toHaveLength(45);
  });
});

describe("the diff media type", () => {
  test("is what git prints", async () => {
    const { client, path } = await openWith({ "a.ts": "1\n" }, { "a.ts": "2\n" });
    const { body, headers } = await client.call("GET", path, undefined, diffType);
    expect(headers.get("content-type")).toContain("diff");
    expect(body).toContain("diff --git a/a.ts b/a.ts\nindex ");
    expect(body).toContain("\n-1\n+2\n");
  });

  test("is refused over 300 files or 20,000 lines", async () => {
    const many = Object.fromEntries(Array.from({ length: 301 }, (_, at) => [`f${at}.ts`, "x\n"]));
    const { client, path, pull } = await openWith({}, many);
    const tooMany = await client.call("GET", path, undefined, diffType);
    expect(tooMany.status).toBe(406);
    expect(tooMany.body.errors).toMatchObject([{ code: "too_large" }]);
    await pull.forcePush({ files: { "long.ts": numbered(1, 20_001) } });
    expect((await client.call("GET", path, undefined, diffType)).status).toBe(406);
    await pull.forcePush({ files: { "long.ts": numbered(1, 19_000) } });
    expect((await client.call("GET", path, undefined, diffType)).status).toBe(200);
  });
});

describe("a pull request", () => {
  test("is measured from where its branch left the base", async () => {
    const { client, path, repository } = await openWith({ "a.ts": "1\n" }, { "a.ts": "2\n" });
    await repository.push({ files: { "elsewhere.ts": "base moved\n" } });
    const { body } = await client.call("GET", path);
    expect(body).toMatchObject({ commits: 1, changed_files: 1, additions: 1, deletions: 1, merged: false });
    const compared = await client.call("GET", `/repos/acme/shop/compare/main...${body.head.sha}`);
    expect(compared.body).toMatchObject({ status: "diverged", ahead_by: 1, behind_by: 1 });
    expect(compared.body.merge_base_commit.sha).toBe(body.base.sha);
    expect(compared.body.files).toMatchObject([{ filename: "a.ts" }]);
  });

  test("from a fork loses its repository with the fork, not its commits", async () => {
    const repository = await hub.createRepository({ owner: "acme", name: "shop", files: { "a.ts": "1\n" } });
    const request = { author: "mallory", title: "Help", branch: "main", files: { "a.ts": "2\n" } };
    const pull = await repository.openPullRequest({ ...request, fromFork: true });
    const client = await connect(hub, "acme");
    const path = `/repos/acme/shop/pulls/${pull.number}`;
    const whole = (await client.call("GET", path)).body;
    expect(whole.head.repo).toMatchObject({ full_name: "mallory/shop", fork: true });
    expect(whole.author_association).toBe("NONE");
    pull.deleteFork();
    expect((await client.call("GET", path)).body.head).toMatchObject({ repo: null, sha: pull.headSha });
    expect((await client.call("GET", `${path}/files`)).body).toHaveLength(1);
  });

  test("stops following its branch while closed and catches up when reopened", async () => {
    const { pull } = await openWith({ "a.ts": "1\n" }, { "a.ts": "2\n" });
    const opened = pull.headSha;
    await pull.close();
    const pushed = await pull.push({ files: { "a.ts": "3\n" } });
    expect([pull.headSha, pull.state]).toEqual([opened, "closed"]);
    await pull.reopen();
    expect([pull.headSha, pull.state]).toEqual([pushed, "open"]);
  });

  test("is merged into its base, beside what happened there", async () => {
    const { pull, client, repository } = await openWith({ "a.ts": "1\n" }, { "b.ts": "2\n" });
    await repository.push({ files: { "c.ts": "3\n" } });
    await pull.close({ merged: true });
    const { body } = await client.call("GET", `/repos/acme/shop/pulls/${pull.number}`);
    expect(body).toMatchObject({ merged: true, state: "closed", merged_by: { login: "eve" } });
    const names = ["a.ts", "b.ts", "c.ts"].map((name) =>
      client.call("GET", `/repos/acme/shop/contents/${name}`),
    );
    expect((await Promise.all(names)).map((answer) => answer.status)).toEqual([200, 200, 200]);
  });

  test("is shown as a page for people", async () => {
    const { pull } = await openShop(hub);
    await hub.user("eve").comment(pull, "<b>bold</b><!-- hidden -->");
    const page = await (await fetch(pull.url)).text();
    expect(page).toContain("Add cart #1");
    expect(page).toContain("&lt;b&gt;bold&lt;/b&gt;");
    expect(page).not.toContain("hidden");
    expect(await (await fetch(hub.origin)).text()).toContain(pull.url);
  });
});

describe("the list of pull requests", () => {
  test("is filtered, sorted and paged", async () => {
    const repository = await hub.createRepository({ owner: "acme", name: "shop" });
    const opened = [];
    for (const branch of ["one", "two", "three"]) {
      opened.push(
        await repository.openPullRequest({ author: "eve", title: branch, branch, files: { branch } }),
      );
      hub.clock.advance(60_000);
    }
    await opened[0]?.push({ files: { more: "more" } });
    await opened[2]?.close();
    const client = await connect(hub, "acme");
    const numbers = async (query: string) =>
      (await client.call("GET", `/repos/acme/shop/pulls${query}`)).body.map(
        (pull: { number: number }) => pull.number,
      );
    expect(await numbers("")).toEqual([2, 1]);
    expect(await numbers("?sort=updated&direction=desc")).toEqual([1, 2]);
    expect(await numbers("?state=all&per_page=2&page=2")).toEqual([1]);
    expect(await numbers("?state=closed")).toEqual([3]);
    expect(await numbers("?head=acme:two")).toEqual([2]);
    expect(await numbers("?base=release")).toEqual([]);
  });
});
