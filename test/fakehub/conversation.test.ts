import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Fakehub, startFakehub } from "./fakehub.ts";
import { openShop, type Shop } from "./test-shop.ts";

let hub: Fakehub;
let shop: Shop;
beforeEach(async () => {
  hub = await startFakehub();
  shop = await openShop(hub);
});
afterEach(() => hub.close());

async function postInline(line = 10) {
  const { client, path, pull } = shop;
  const comment = { commit_id: pull.headSha, path: "a.ts", line, body: "why?" };
  const { body } = await client.call("POST", `${path}/pulls/1/comments`, comment);
  return body;
}

async function postSummary(body = "Summary") {
  return await shop.client.call("POST", `${shop.path}/issues/1/comments`, { body });
}

describe("comments in the conversation", () => {
  test("are made, listed, changed and deleted", async () => {
    const { client, path, pull } = shop;
    const { body: made, status } = await postSummary();
    expect(status).toBe(201);
    expect(made).toMatchObject({ body: "Summary", performed_via_github_app: { slug: "reviewd" } });
    const one = `${path}/issues/comments/${made.id}`;
    hub.clock.advance(60_000);
    const changed = await client.call("PATCH", one, { body: "Summary 2" });
    expect(Date.parse(changed.body.updated_at)).toBeGreaterThan(Date.parse(made.updated_at));
    expect((await client.call("GET", `${path}/issues/1/comments`)).body).toMatchObject([
      { body: "Summary 2" },
    ]);
    expect((await client.call("DELETE", one)).status).toBe(204);
    expect((await client.call("GET", one)).status).toBe(404);
    expect(pull.issueComments()).toEqual([]);
  });

  test("may hold 65,536 characters and must hold one", async () => {
    expect((await postSummary("x".repeat(65_536))).status).toBe(201);
    const tooLong = await postSummary("x".repeat(65_537));
    expect(tooLong.status).toBe(422);
    expect(tooLong.body.errors).toMatchObject([
      { message: "Body is too long (maximum is 65536 characters)" },
    ]);
    expect((await postSummary(" ")).status).toBe(422);
    expect(shop.pull.issueComments()).toHaveLength(1);
  });

  test("are listed since a time and by page", async () => {
    await postSummary("first");
    hub.clock.advance(60_000);
    const since = hub.clock.now();
    await postSummary("second");
    const list = (query: string) => shop.client.call("GET", `${shop.path}/issues/1/comments${query}`);
    expect((await list(`?since=${since}`)).body).toMatchObject([{ body: "second" }]);
    const page = await list("?per_page=1&page=2");
    expect(page.body).toMatchObject([{ body: "second" }]);
    expect(page.headers.get("link")).not.toContain('rel="next"');
  });
});

describe("threads", () => {
  test("grow by replies, which answer the first comment and come with a review of their own", async () => {
    const { client, path, pull } = shop;
    await postInline();
    const [finding] = pull.inlineComments();
    if (!finding) throw new Error("no comment");
    const reply = await hub.user("eve").reply(finding, "because");
    expect(reply).toMatchObject({ inReplyToId: finding.id, path: "a.ts", line: 10, author: "eve" });
    expect(reply.id).not.toBe(finding.id);
    const again = { commit_id: pull.headSha, path: "a.ts", body: "ah", in_reply_to: reply.id };
    const answered = await client.call("POST", `${path}/pulls/1/comments`, again);
    expect(answered.body).toMatchObject({ in_reply_to_id: finding.id, line: 10 });
    expect(pull.reviews()).toHaveLength(3);
  });

  test("are not answered through the endpoint that is closed to Apps", async () => {
    const { id } = await postInline();
    const path = `${shop.path}/pulls/1/comments/${id}/replies`;
    expect((await shop.client.call("POST", path, { body: "x" })).status).toBe(403);
  });

  test("are resolved and opened again", async () => {
    await postInline();
    const [finding] = shop.pull.inlineComments();
    if (!finding) throw new Error("no comment");
    await hub.user("eve").resolveThread(finding);
    expect(shop.pull.inlineComments()[0]?.isResolved).toBe(true);
    await hub.user("eve").unresolveThread(finding);
    expect(shop.pull.inlineComments()[0]?.isResolved).toBe(false);
  });

  test("may be about a file as a whole", async () => {
    const { client, path, pull } = shop;
    const comment = { commit_id: pull.headSha, path: "a.ts", subject_type: "file", body: "all of it" };
    const { body } = await client.call("POST", `${path}/pulls/1/comments`, comment);
    expect(body).toMatchObject({ subject_type: "file", line: null });
  });

  test("take a review of their own along when it was only them", async () => {
    const { id } = await postInline();
    expect(shop.pull.reviews()).toHaveLength(1);
    expect((await shop.client.call("DELETE", `${shop.path}/pulls/comments/${id}`)).status).toBe(204);
    expect(shop.pull.reviews()).toEqual([]);
    expect((await shop.client.call("DELETE", `${shop.path}/pulls/comments/${id}`)).status).toBe(404);
  });
});

describe("reactions", () => {
  test("are one of a kind a person, and are taken back", async () => {
    const { client, path } = shop;
    const { id } = await postInline();
    const reactions = `${path}/pulls/comments/${id}/reactions`;
    expect((await client.call("POST", reactions, { content: "eyes" })).status).toBe(201);
    const again = await client.call("POST", reactions, { content: "eyes" });
    expect(again.status).toBe(200);
    const [comment] = shop.pull.inlineComments();
    if (!comment) throw new Error("no comment");
    const eve = hub.user("eve");
    await eve.react(comment, "-1");
    await eve.react(comment, "-1");
    await eve.react(comment, "heart");
    expect((await client.call("GET", `${reactions}?content=-1`)).body).toMatchObject([
      { user: { login: "eve" } },
    ]);
    const rollup = (await client.call("GET", `${path}/pulls/comments/${id}`)).body.reactions;
    expect(rollup).toMatchObject({ total_count: 3, eyes: 1, "-1": 1, heart: 1, "+1": 0 });
    await eve.unreact(comment, "-1");
    expect((await client.call("DELETE", `${reactions}/${again.body.id}`)).status).toBe(204);
    expect((await client.call("GET", reactions)).body).toMatchObject([{ content: "heart" }]);
  });

  test("of more than a hundred people come in pages", async () => {
    const { client, path } = shop;
    const { body } = await postSummary();
    const [summary] = shop.pull.issueComments();
    if (!summary) throw new Error("no comment");
    for (let at = 0; at < 130; at += 1) await hub.user(`fan-${at}`).react(summary, "+1");
    const reactions = `${path}/issues/comments/${body.id}/reactions?per_page=100`;
    const first = await client.call("GET", reactions);
    expect(first.body).toHaveLength(100);
    expect(first.headers.get("link")).toContain(`${reactions}&page=2>; rel="next"`);
    expect((await client.call("GET", `${reactions}&page=2`)).body).toHaveLength(30);
  });

  test("of somebody who is gone are nobody's", async () => {
    const { client, path } = shop;
    const { body } = await postSummary();
    const [summary] = shop.pull.issueComments();
    if (!summary) throw new Error("no comment");
    await hub.user("leaver").react(summary, "+1");
    await hub.user("leaver").deleteAccount();
    const reactions = await client.call("GET", `${path}/issues/comments/${body.id}/reactions`);
    expect(reactions.body).toMatchObject([{ user: null, content: "+1" }]);
  });

  test("are told apart by the kind of comment, whose numbers overlap", async () => {
    const inline = await postInline();
    const { body: summary } = await postSummary();
    expect(inline.id).toBe(summary.id);
    await shop.client.call("POST", `${shop.path}/pulls/comments/${inline.id}/reactions`, { content: "eyes" });
    const other = await shop.client.call("GET", `${shop.path}/issues/comments/${summary.id}/reactions`);
    expect(other.body).toEqual([]);
  });
});

describe("check runs", () => {
  const output = { title: "Reviewing", summary: "…" };

  test("go from in progress to a conclusion", async () => {
    const { client, path, pull } = shop;
    const request = {
      name: "reviewd",
      head_sha: pull.headSha,
      external_id: "t1",
      status: "in_progress",
      output,
    };
    const { body: run, status } = await client.call("POST", `${path}/check-runs`, request);
    expect(status).toBe(201);
    expect(run).toMatchObject({ status: "in_progress", conclusion: null, app: { id: hub.app.id } });
    const conclusion = {
      status: "completed",
      conclusion: "neutral",
      output: { title: "Done", summary: "3" },
    };
    const done = await client.call("PATCH", `${path}/check-runs/${run.id}`, conclusion);
    expect(done.body).toMatchObject({ status: "completed", conclusion: "neutral", external_id: "t1" });
    expect(done.body.completed_at).not.toBeNull();
    expect(pull.checks()).toMatchObject([
      { externalId: "t1", conclusion: "neutral", title: "Done", summary: "3" },
    ]);
  });

  test("are listed for a commit, the newest of each name unless all are asked for", async () => {
    const { client, path, pull } = shop;
    const request = { name: "reviewd", head_sha: pull.headSha };
    await client.call("POST", `${path}/check-runs`, { ...request, external_id: "one" });
    await client.call("POST", `${path}/check-runs`, { ...request, external_id: "two" });
    const list = `${path}/commits/${pull.headSha}/check-runs`;
    expect((await client.call("GET", list)).body).toMatchObject({
      total_count: 1,
      check_runs: [{ external_id: "two" }],
    });
    const all = await client.call("GET", `${list}?filter=all&check_name=reviewd&per_page=1`);
    expect(all.body).toMatchObject({ total_count: 2, check_runs: [{ external_id: "two" }] });
    expect((await client.call("GET", `${list}?check_name=other`)).body.total_count).toBe(0);
    expect((await client.call("GET", `${path}/commits/cart/check-runs`)).body.total_count).toBe(1);
  });

  test("append annotations, fifty a request", async () => {
    const { client, path, pull } = shop;
    const annotation = { path: "a.ts", start_line: 1, end_line: 1, annotation_level: "notice", message: "m" };
    const annotations = Array.from({ length: 50 }, () => annotation);
    const request = { name: "reviewd", head_sha: pull.headSha, output: { ...output, annotations } };
    const { body } = await client.call("POST", `${path}/check-runs`, request);
    await client.call("PATCH", `${path}/check-runs/${body.id}`, {
      output: { ...output, annotations: [annotation] },
    });
    const listed = await client.call("GET", `${path}/check-runs/${body.id}/annotations?per_page=100`);
    expect(listed.body).toHaveLength(51);
  });

  test("need a commit that exists and, when completed, a conclusion", async () => {
    const { client, path, pull } = shop;
    const runs = `${path}/check-runs`;
    expect((await client.call("POST", runs, { name: "x", head_sha: "f".repeat(40) })).status).toBe(422);
    const open = await client.call("POST", runs, { name: "x", head_sha: pull.headSha });
    const patched = await client.call("PATCH", `${runs}/${open.body.id}`, { status: "completed" });
    expect(patched.status).toBe(400);
    await expect(hub.close()).rejects.toThrow("conclusion");
    hub = await startFakehub();
  });
});
