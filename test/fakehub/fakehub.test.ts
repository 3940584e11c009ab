import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { verify } from "@octokit/webhooks-methods";
import { type Fakehub, startFakehub } from "./fakehub.ts";
import { callAsApp, connect } from "./test-client.ts";

let hub: Fakehub;
beforeEach(async () => {
  hub = await startFakehub();
});
afterEach(async () => {
  await hub.close();
});

const base = { "src/a.ts": "one\ntwo\nthree\n", "README.md": "# shop\n" };

async function shopWithPull() {
  const repository = await hub.createRepository({ owner: "acme", name: "shop", private: true, files: base });
  const pull = await repository.openPullRequest({
    author: "eve",
    title: "Add cart",
    branch: "cart",
    files: { "src/a.ts": "one\ntwo\n2.5\nthree\n" },
  });
  return { repository, pull, client: await connect(hub, "acme") };
}

describe("a review", () => {
  test("is posted, read back, reacted to and seen over GraphQL", async () => {
    const { pull, client } = await shopWithPull();
    const posted = await client.call("POST", `/repos/acme/shop/pulls/${pull.number}/reviews`, {
      commit_id: pull.headSha,
      event: "COMMENT",
      body: "Have a look",
      comments: [{ path: "src/a.ts", line: 3, side: "RIGHT", body: "why?" }],
    });
    expect(posted.status).toBe(200);
    expect(posted.body.comments).toBeUndefined();
    const listed = await client.call("GET", `/repos/acme/shop/pulls/${pull.number}/comments?per_page=100`);
    expect(listed.body).toMatchObject([
      { path: "src/a.ts", line: 3, diff_hunk: expect.stringContaining("+2.5") },
    ]);
    const [comment] = pull.inlineComments();
    if (!comment) throw new Error("no comment");
    await hub.user("eve").react(comment, "-1");
    const { body } = await client.graphql(
      "query($ids:[ID!]!){rateLimit{cost} nodes(ids:$ids){id ...on Reactable{reactions(first:100){totalCount nodes{databaseId content createdAt user{login databaseId}}}}}}",
      { ids: [comment.nodeId, "nope"] },
    );
    expect(body.data.rateLimit.cost).toBe(1);
    expect(body.data.nodes[0].reactions.nodes).toMatchObject([
      { content: "THUMBS_DOWN", user: { login: "eve" } },
    ]);
    expect(body.data.nodes[1]).toBeNull();
    expect(body.errors).toMatchObject([{ type: "NOT_FOUND", path: ["nodes", 1] }]);
  });
});

test("webhooks are signed and carry the installation", async () => {
  const received = Promise.withResolvers<{ headers: Headers; body: string }>();
  const receiver = Bun.serve({
    port: 0,
    fetch: async (request) => {
      received.resolve({ headers: request.headers, body: await request.text() });
      return new Response(null, { status: 202 });
    },
  });
  hub.deliverTo(receiver.url.href);
  await shopWithPull();
  const { headers, body } = await received.promise;
  expect(await verify(hub.webhookSecret, body, headers.get("x-hub-signature-256") ?? "")).toBe(true);
  expect(headers.get("x-github-event")).toBe("pull_request");
  expect(JSON.parse(body)).toMatchObject({
    action: "opened",
    installation: { id: hub.installation("acme").id },
  });
  await hub.webhooks.settled();
  await receiver.stop(true);
});

test("git clones over HTTP with an installation token", async () => {
  const { repository, pull, client } = await shopWithPull();
  const basic = Buffer.from(`x-access-token:${client.token}`).toString("base64");
  const clone = Bun.spawn(
    ["git", "-c", `http.extraHeader=Authorization: Basic ${basic}`, "ls-remote", repository.cloneUrl],
    { stdout: "pipe", stderr: "pipe", env: { PATH: Bun.env.PATH ?? "", GIT_TERMINAL_PROMPT: "0" } },
  );
  const refs = await new Response(clone.stdout).text();
  expect(refs).toContain(`${pull.headSha}\trefs/pull/${pull.number}/head`);
});

test("the App sees itself", async () => {
  expect((await callAsApp(hub, "GET", "/app")).body.slug).toBe("reviewd");
});
