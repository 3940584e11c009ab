import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { parse } from "graphql";
import { type Fakehub, startFakehub } from "../fakehub.ts";
import type { InlineCommentView } from "../scenario/views.ts";
import { connect } from "../test-client.ts";
import { openShop, type Shop } from "../test-shop.ts";
import { queryCost } from "./cost.ts";

let hub: Fakehub;
let shop: Shop;
beforeEach(async () => {
  hub = await startFakehub();
  shop = await openShop(hub);
});
afterEach(() => hub.close());

const reactionsQuery = `query($ids:[ID!]!){ rateLimit{cost remaining resetAt}
  nodes(ids:$ids){ __typename id
    ...on Reactable{ reactions(first:100){ totalCount pageInfo{hasNextPage endCursor}
      nodes{ databaseId content createdAt user{login databaseId} } } }
    ...on Minimizable{ isMinimized minimizedReason }
    ...on PullRequestReviewComment{ outdated } } }`;

async function postReview(): Promise<InlineCommentView> {
  const comments = [{ path: "a.ts", line: 10, body: "why?" }];
  const review = { commit_id: shop.pull.headSha, event: "COMMENT", body: "Look", comments };
  await shop.client.call("POST", `${shop.path}/pulls/1/reviews`, review);
  const [comment] = shop.pull.inlineComments();
  if (!comment) throw new Error("no comment");
  return comment;
}

describe("reading reactions", () => {
  test("of comments of every kind, and of a review itself", async () => {
    const inline = await postReview();
    const summary = await hub.user("eve").comment(shop.pull, "Summary");
    const [review] = shop.pull.reviews();
    if (!review) throw new Error("no review");
    await hub.user("ann").react(inline, "-1");
    await hub.user("ben").react(summary, "hooray");
    await hub.user("cat").react(review, "heart");
    const ids = [inline.nodeId, summary.nodeId, review.nodeId];
    const { data } = (await shop.client.graphql(reactionsQuery, { ids })).body;
    expect(data.rateLimit).toMatchObject({ cost: 1, remaining: 4_999 });
    const seen = data.nodes.map(({ __typename, reactions }: Reacted) => [
      __typename,
      reactions.nodes[0]?.content,
      reactions.nodes[0]?.user?.login,
    ]);
    expect(seen).toEqual([
      ["PullRequestReviewComment", "THUMBS_DOWN", "ann"],
      ["IssueComment", "HOORAY", "ben"],
      ["PullRequestReview", "HEART", "cat"],
    ]);
  });

  interface Reacted {
    readonly __typename: string;
    readonly reactions: {
      readonly nodes: readonly { readonly content: string; readonly user: { login: string } | null }[];
    };
  }

  test("has the ids REST has", async () => {
    const inline = await postReview();
    await hub.user("ann").react(inline, "+1");
    const rest = await shop.client.call("GET", `${shop.path}/pulls/comments/${inline.id}/reactions`);
    const { data } = (await shop.client.graphql(reactionsQuery, { ids: [inline.nodeId] })).body;
    const [reaction] = data.nodes[0].reactions.nodes;
    expect(reaction.databaseId).toBe(rest.body[0].id);
    expect(reaction.user.databaseId).toBe(hub.user("ann").id);
    expect(reaction.createdAt).toBe(rest.body[0].created_at);
  });

  test("stops at a hundred and goes on after the cursor; who is gone is null", async () => {
    const inline = await postReview();
    for (let at = 0; at < 105; at += 1) await hub.user(`fan-${at}`).react(inline, "+1");
    await hub.user("fan-0").deleteAccount();
    const { data } = (await shop.client.graphql(reactionsQuery, { ids: [inline.nodeId] })).body;
    const { totalCount, pageInfo, nodes } = data.nodes[0].reactions;
    expect([totalCount, nodes.length, pageInfo.hasNextPage]).toEqual([105, 100, true]);
    expect(nodes[0].user).toBeNull();
    const rest = await shop.client.graphql(
      "query($id:ID!,$after:String){node(id:$id){...on Reactable{reactions(first:100,after:$after){nodes{databaseId} pageInfo{hasNextPage}}}}}",
      { id: inline.nodeId, after: pageInfo.endCursor },
    );
    expect(rest.body.data.node.reactions).toMatchObject({
      nodes: { length: 5 },
      pageInfo: { hasNextPage: false },
    });
  });

  test("answers what it can: unknown and invisible ids are null, each with an error", async () => {
    const inline = await postReview();
    const secret = await hub.createRepository({ owner: "acme", name: "secret", private: true });
    const other = await secret.openPullRequest({ author: "eve", title: "x", branch: "x", files: { x: "x" } });
    const hidden = await hub.user("eve").comment(other, "hidden");
    const client = await connect(hub, "acme", { repository_ids: [shop.repository.id] });
    const ids = ["IC_nothing", inline.nodeId, hidden.nodeId];
    const { status, body } = await client.graphql(reactionsQuery, { ids });
    expect(status).toBe(200);
    expect(body.data.nodes.map((node: { id: string } | null) => node?.id ?? null)).toEqual([
      null,
      inline.nodeId,
      null,
    ]);
    expect(body.errors).toMatchObject([
      { type: "NOT_FOUND", path: ["nodes", 0] },
      { type: "NOT_FOUND", path: ["nodes", 2] },
    ]);
  });

  test("of a comment that was deleted finds nothing", async () => {
    const inline = await postReview();
    await hub.user("eve").deleteComment(inline);
    const { body } = await shop.client.graphql(reactionsQuery, { ids: [inline.nodeId] });
    expect(body.data.nodes).toEqual([null]);
  });

  test("takes no more than a hundred ids", async () => {
    const { body } = await shop.client.graphql(reactionsQuery, { ids: Array(101).fill("IC_x") });
    expect(body.errors).toMatchObject([{ type: "ARGUMENT_LIMIT" }]);
    expect(body.data).toBeNull();
  });

  test("wants an installation's token", async () => {
    const url = `${hub.origin}/api/graphql`;
    const answer = await fetch(url, {
      method: "POST",
      body: JSON.stringify({ query: "{ rateLimit { cost } }" }),
    });
    expect(answer.status).toBe(401);
  });

  test("stops when the hour's points are used up", async () => {
    hub.installation("acme").exhaust("graphql");
    const refused = await shop.client.graphql(reactionsQuery, { ids: [] });
    expect(refused.body.errors).toMatchObject([{ type: "RATE_LIMITED" }]);
    expect([refused.status, refused.headers.get("x-ratelimit-remaining")]).toEqual([200, "0"]);
  });
});

test("a field GitHub has and fakehub has not does not pass for null", async () => {
  const { body } = await shop.client.graphql('{ repository(owner:"acme",name:"shop") { description } }');
  expect(body.errors[0].message).toContain("Repository.description");
  await expect(hub.close()).rejects.toThrow("Repository.description");
  hub = await startFakehub();
});

describe("changing things", () => {
  test("hides a comment, and shows it again", async () => {
    const inline = await postReview();
    const hide =
      "mutation($id:ID!){minimizeComment(input:{subjectId:$id,classifier:OUTDATED}){minimizedComment{isMinimized minimizedReason}}}";
    const { body } = await shop.client.graphql(hide, { id: inline.nodeId });
    expect(body.data.minimizeComment.minimizedComment).toEqual({
      isMinimized: true,
      minimizedReason: "outdated",
    });
    expect(shop.pull.inlineComments()[0]?.minimizedReason).toBe("outdated");
    const show =
      "mutation($id:ID!){unminimizeComment(input:{subjectId:$id}){unminimizedComment{isMinimized}}}";
    await shop.client.graphql(show, { id: inline.nodeId });
    expect(shop.pull.inlineComments()[0]?.minimizedReason).toBeNull();
  });

  test("finds a pull request's threads and resolves one, if the App may change contents", async () => {
    await postReview();
    const list = `query($n:Int!){repository(owner:"acme",name:"shop"){pullRequest(number:$n){
      reviewThreads(first:50){nodes{id isResolved path line comments(first:1){nodes{fullDatabaseId}}}}}}}`;
    const { data } = (await shop.client.graphql(list, { n: 1 })).body;
    const [thread] = data.repository.pullRequest.reviewThreads.nodes;
    expect(thread).toMatchObject({ isResolved: false, path: "a.ts", line: 10 });
    expect(thread.comments.nodes[0].fullDatabaseId).toBe(String(shop.pull.inlineComments()[0]?.id));
    const resolve =
      "mutation($id:ID!){resolveReviewThread(input:{threadId:$id}){thread{isResolved resolvedBy{login}}}}";
    const refused = (await shop.client.graphql(resolve, { id: thread.id })).body;
    expect(refused.errors).toMatchObject([{ type: "FORBIDDEN", path: ["resolveReviewThread"] }]);
    hub.installation("acme").setPermissions({ contents: "write", pull_requests: "write" });
    const client = await connect(hub, "acme");
    const resolved = (await client.graphql(resolve, { id: thread.id })).body.data.resolveReviewThread.thread;
    expect(resolved).toEqual({ isResolved: true, resolvedBy: { login: "reviewd" } });
    expect(shop.pull.inlineComments()[0]?.isResolved).toBe(true);
  });

  test("needs the right to write", async () => {
    const inline = await postReview();
    const client = await connect(hub, "acme", { permissions: { pull_requests: "read" } });
    const hide =
      "mutation($id:ID!){minimizeComment(input:{subjectId:$id,classifier:SPAM}){clientMutationId}}";
    const { body } = await client.graphql(hide, { id: inline.nodeId });
    expect(body.errors).toMatchObject([{ type: "FORBIDDEN" }]);
    expect(shop.pull.inlineComments()[0]?.minimizedReason).toBeNull();
  });
});

describe("what a query costs", () => {
  const cost = (query: string, variables = {}) => queryCost(parse(query), variables);

  test("is its connections over a hundred, at least one", () => {
    expect(cost(reactionsQuery, { ids: Array(100).fill("x") })).toEqual({ points: 1, nodes: 10_100 });
    expect(cost("{ rateLimit { cost } }").points).toBe(1);
    const nested =
      '{ repository(owner:"a",name:"b") { pullRequests(first:100) { nodes { comments(first:100) { nodes { reactions(first:10) { totalCount } } } } } } }';
    // 1 list of pull requests, 100 lists of comments, 10,000 lists of reactions.
    expect(cost(nested).points).toBe(101);
  });
});
