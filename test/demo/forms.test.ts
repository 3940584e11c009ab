import { afterAll, beforeEach, expect, test } from "bun:test";
import { createForms } from "../../demo/forms.ts";
import { type Fakehub, startFakehub } from "../fakehub/fakehub.ts";
import type { PullRequestHandle } from "../fakehub/scenario/pull-request.ts";
import { openShop } from "../fakehub/test-shop.ts";

let hub: Fakehub;
let pull: PullRequestHandle;
let told: string[];
const hubs: Fakehub[] = [];

beforeEach(async () => {
  hub = await startFakehub();
  hubs.push(hub);
  const shop = await openShop(hub);
  pull = shop.pull;
  const comment = { body: "Why?", path: "a.ts", line: 10, side: "RIGHT" };
  const made = await shop.client.call("POST", `${shop.path}/pulls/1/reviews`, {
    ...{ event: "COMMENT", body: "One comment.", comments: [comment] },
  });
  expect(made.status).toBe(200);
  told = [];
  const countVotes = async () => "1 proposed";
  hub.offerForms(
    createForms({ hub, repository: shop.repository, countVotes, tell: (text) => told.push(text) }),
  );
});

afterAll(async () => {
  for (const one of hubs) await one.close();
});

/** Sends a form as a browser does; answers the status and the address to go on at. */
async function send(fields: Readonly<Record<string, string>>) {
  const { status, headers } = await fetch(pull.url, {
    method: "POST",
    body: new URLSearchParams(fields),
    redirect: "manual",
  });
  return { status, next: headers.get("location") };
}

async function page(): Promise<string> {
  return await (await fetch(pull.url)).text();
}

function inline() {
  const [comment] = pull.inlineComments();
  if (!comment) throw new Error("there is no inline comment");
  return comment;
}

test("a pull request's page has the forms, and no script", async () => {
  const shown = await page();
  expect(shown.match(/value="react"/g)).toHaveLength(1);
  expect(shown).toContain(`value="discussion_r${inline().id}"`);
  for (const does of ["reply", "comment", "push", "open", "count"])
    expect(shown).toContain(`value="${does}"`);
  expect(shown).not.toContain("<script");
});

test("people react one by one or together, and take it back", async () => {
  const comment = `discussion_r${inline().id}`;
  expect(await send({ do: "react", as: "dan", comment, content: "+1" })).toEqual({
    status: 303,
    next: `${pull.url}#${comment}`,
  });
  await send({ do: "react", as: "ada", comment, content: "-1" });
  await send({ do: "react", as: "ada, bob and cleo", comment, content: "-1" });
  expect(inline().reactions).toEqual([
    { author: "dan", content: "+1" },
    { author: "ada", content: "-1" },
    { author: "bob", content: "-1" },
    { author: "cleo", content: "-1" },
  ]);
  await send({ do: "react", as: "bob", comment, content: "-1" });
  await send({ do: "react", as: "dan", comment, content: "+1" });
  expect(inline().reactions.map(({ author }) => author)).toEqual(["ada", "cleo"]);
  expect(told).toContain("bob took back 👎 on a.ts:10");
});

test("people comment on the pull request and answer in a thread", async () => {
  await send({ do: "comment", as: "ada", body: "/reviewd help" });
  expect(pull.issueComments()).toMatchObject([{ author: "ada", body: "/reviewd help" }]);
  await send({ do: "reply", as: "eve", comment: `discussion_r${inline().id}`, body: "<b>Because</b>\r\nso" });
  expect(told).toEqual(["ada on #1: /reviewd help", "eve on a.ts:10: <b>Because</b> so"]);
  expect(pull.inlineComments()[1]).toMatchObject({ author: "eve", inReplyToId: inline().id });
  expect(await page()).toContain("&lt;b&gt;Because&lt;/b&gt;");
});

test("the comments of the two kinds are told apart, though their numbers are the same", async () => {
  await send({ do: "comment", as: "ada", body: "Hello" });
  const [conversation] = pull.issueComments();
  expect(conversation?.id).toBe(inline().id);
  await send({ do: "react", as: "bob", comment: `issuecomment-${conversation?.id}`, content: "-1" });
  expect(inline().reactions).toEqual([]);
  expect(pull.issueComments()[0]?.reactions).toEqual([{ author: "bob", content: "-1" }]);
});

test("each push brings a file of its own, and each pull request a branch", async () => {
  const heads = [pull.headSha];
  for (const _ of [1, 2]) {
    expect((await send({ do: "push" })).next).toBe(pull.url);
    heads.push(pull.headSha);
  }
  expect(new Set(heads).size).toBe(3);
  const opened = [await send({ do: "open" }), await send({ do: "open" })];
  expect(opened.map(({ next }) => next)).toEqual([2, 3].map((at) => pull.url.replace(/\d+$/, String(at))));
});

test("what came of the count is shown on the page", async () => {
  expect(await page()).not.toContain("Counted:");
  expect(await send({ do: "count" })).toEqual({ status: 303, next: `${pull.url}#votes` });
  expect(await page()).toContain("Counted: 1 proposed.");
});

test.each([
  { do: "merge" },
  { do: "react", as: "mallory", comment: "discussion_r3000001", content: "+1" },
  { do: "react", as: "ada", comment: "discussion_r1", content: "+1" },
  { do: "comment", as: "ada", body: " " },
])("what is no form of the page changes nothing: %o", async (fields) => {
  expect((await send(fields)).status).toBe(400);
  expect(told).toEqual([]);
});

test("where nobody offers forms, the pages are for looking only", async () => {
  const bare = await startFakehub();
  hubs.push(bare);
  const shop = await openShop(bare);
  expect(await (await fetch(shop.pull.url)).text()).not.toContain("<form");
  const body = new URLSearchParams({ do: "push" });
  expect((await fetch(shop.pull.url, { method: "POST", body })).status).toBe(404);
});
