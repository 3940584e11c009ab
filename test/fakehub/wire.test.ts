import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Fakehub, startFakehub } from "./fakehub.ts";
import { secondaryLimit } from "./faults.ts";
import { callAsApp, connect } from "./test-client.ts";
import { openShop } from "./test-shop.ts";

let hub: Fakehub;
beforeEach(async () => {
  hub = await startFakehub();
});
afterEach(() => hub.close());

const commentRoute = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
const mintRoute = "POST /app/installations/{installation_id}/access_tokens";
const repositoryRoute = "GET /repos/{owner}/{repo}";

describe("the contract gate", () => {
  test("makes whoever breaks it fail, now and at the end", async () => {
    const { client, path } = await openShop(hub);
    const comment = { path: "a.ts", line: 10, body: "why?", subject_type: "line" };
    const review = { event: "COMMENT", body: "x", comments: [comment] };
    const tries = [
      await client.call("POST", `${path}/pulls/1/reviews`, review),
      await client.call("GET", `${path}/pulls/1/threads`),
      await client.call("GET", `${path}/pulls?author=eve`),
      await client.call("POST", `${path}/issues/1/comments`),
    ];
    expect(tries.map((answer) => answer.status)).toEqual([400, 400, 400, 400]);
    for (const { body } of tries) expect(body.message).toStartWith("fakehub: ");
    expect(hub.violations).toHaveLength(4);
    await expect(hub.close()).rejects.toThrow("subject_type");
    hub = await startFakehub();
  });

  test("wants GraphQL that GitHub's schema has", async () => {
    const { client } = await openShop(hub);
    const { body } = await client.graphql("{ viewer { loginn } }");
    expect(body.errors[0].message).toContain("loginn");
    await expect(hub.close()).rejects.toThrow("loginn");
    hub = await startFakehub();
  });
});

describe("a fault", () => {
  test("after the work was done leaves the work", async () => {
    const { client, path, pull } = await openShop(hub);
    hub.fail(commentRoute, { status: 502, afterCommit: true });
    const failed = await client.call("POST", `${path}/issues/1/comments`, { body: "once" });
    expect(failed.status).toBe(502);
    expect(pull.issueComments()).toMatchObject([{ body: "once" }]);
    expect((await client.call("POST", `${path}/issues/1/comments`, { body: "twice" })).status).toBe(201);
  });

  test("instead of the work leaves nothing, as often as it was asked for", async () => {
    const { client, path, pull } = await openShop(hub);
    hub.fail(commentRoute, { status: 503, times: 2, skip: 1, headers: { "retry-after": "3" }, body: "down" });
    const post = () => client.call("POST", `${path}/issues/1/comments`, { body: "x" });
    const answers = [await post(), await post(), await post(), await post()];
    expect(answers.map((answer) => answer.status)).toEqual([201, 503, 503, 201]);
    expect(answers[1]?.headers.get("retry-after")).toBe("3");
    expect(answers[1]?.body).toBe("down");
    expect(pull.issueComments()).toHaveLength(2);
  });

  test("hits minting, GraphQL and git as well", async () => {
    const { client, repository } = await openShop(hub);
    hub.fail(mintRoute, { status: 500 });
    const minted = await callAsApp(
      hub,
      "POST",
      `/app/installations/${hub.installation("acme").id}/access_tokens`,
    );
    hub.fail("POST /graphql", { status: 502 });
    const queried = await client.graphql("{ rateLimit { cost } }");
    hub.fail("GET /{owner}/{repo}.git/info/refs", { status: 504 });
    const fetched = await fetch(`${repository.cloneUrl}/info/refs?service=git-upload-pack`);
    expect([minted.status, queried.status, fetched.status]).toEqual([500, 502, 504]);
  });

  test("that holds a call lets a test act in the middle of it", async () => {
    const { client, path, pull } = await openShop(hub);
    const post = (body: string) => client.call("POST", `${path}/issues/1/comments`, { body });
    const atTheDoor = hub.hold(commentRoute);
    const first = post("first");
    await atTheDoor.reached;
    expect(pull.issueComments()).toEqual([]);
    atTheDoor.release();
    expect((await first).status).toBe(201);
    const afterwards = hub.hold(commentRoute, { afterCommit: true });
    const second = post("second");
    await afterwards.reached;
    expect(pull.issueComments()).toHaveLength(2);
    afterwards.release();
    expect((await second).status).toBe(201);
  });

  test("of a route that does not exist is a mistake of the test's", () => {
    const misspelt = "POST /repos/{owner}/{repo}/issues/{number}/comments";
    expect(() => hub.fail(misspelt, { status: 500 })).toThrow(misspelt);
    expect(() => hub.ledger.count(misspelt)).toThrow(misspelt);
  });

  test("that hangs answers nobody until fakehub closes", async () => {
    const { client, path } = await openShop(hub);
    hub.fail(repositoryRoute, { hang: true });
    const hanging = fetch(`${hub.apiUrl}${path}`, { signal: AbortSignal.timeout(50) });
    await expect(hanging).rejects.toThrow();
    expect((await client.call("GET", path)).status).toBe(200);
  });
});

describe("limits", () => {
  test("are told on every answer", async () => {
    const { client, path } = await openShop(hub);
    const first = await client.call("GET", path);
    const second = await client.call("GET", "/repos/acme/nothing");
    expect(first.headers.get("x-ratelimit-limit")).toBe("5000");
    expect(Number(second.headers.get("x-ratelimit-used"))).toBe(
      Number(first.headers.get("x-ratelimit-used")) + 1,
    );
    expect(second.headers.get("x-ratelimit-resource")).toBe("core");
    const query = await client.graphql("{ rateLimit { cost remaining } }");
    expect(query.headers.get("x-ratelimit-resource")).toBe("graphql");
    expect(query.body.data.rateLimit).toEqual({ cost: 1, remaining: 4_999 });
  });

  test("used up answer 403 with nothing remaining, until the hour is over", async () => {
    const { client, path } = await openShop(hub);
    await client.call("GET", path);
    hub.installation("acme").exhaust("core");
    const refused = await client.call("GET", path);
    expect(refused.status).toBe(403);
    expect(refused.headers.get("x-ratelimit-remaining")).toBe("0");
    const untilReset = Number(refused.headers.get("x-ratelimit-reset")) * 1000 - hub.clock.nowMs();
    expect(untilReset).toBeGreaterThan(0);
    expect((await client.call("GET", "/rate_limit")).body.resources.core.remaining).toBe(0);
    expect((await client.graphql("{ rateLimit { cost } }")).status).toBe(200);
    hub.clock.advance(untilReset);
    expect((await callAsApp(hub, "GET", "/app")).status).toBe(200);
  });

  test("on creating content say when to come back", async () => {
    await hub.close();
    hub = await startFakehub({ limits: { contentPerMinute: 2 } });
    const { client, path, pull } = await openShop(hub);
    const post = () => client.call("POST", `${path}/issues/1/comments`, { body: "x" });
    await post();
    await post();
    const refused = await post();
    expect(refused.status).toBe(403);
    expect(Number(refused.headers.get("retry-after"))).toBeWithin(1, 61);
    expect(refused.headers.get("x-ratelimit-remaining")).not.toBe("0");
    expect(pull.issueComments()).toHaveLength(2);
    hub.clock.advance(60_000);
    expect((await post()).status).toBe(201);
  });

  test("on bursts count writing five times", async () => {
    await hub.close();
    hub = await startFakehub({ limits: { restPointsPerMinute: 12 } });
    const { client, path } = await openShop(hub);
    const comments = `${path}/issues/1/comments`;
    const statuses = [
      (await client.call("POST", comments, { body: "x" })).status,
      (await client.call("POST", comments, { body: "y" })).status,
      (await client.call("GET", comments)).status,
      (await client.call("GET", comments)).status,
      (await client.call("GET", comments)).status,
    ];
    expect(statuses).toEqual([201, 201, 200, 200, 403]);
  });

  test("on calls at the same time are an installation's, for REST and GraphQL together", async () => {
    await hub.close();
    hub = await startFakehub({ limits: { concurrentCalls: 1 } });
    const { client, path } = await openShop(hub);
    // Each call takes git's time, so that both are under way at once.
    const diff = () => client.call("GET", `${path}/compare/main...cart`);
    const together = await Promise.all([diff(), diff()]);
    expect(together.map((answer) => answer.status).sort()).toEqual([200, 403]);
    expect((await diff()).status).toBe(200);
  });

  test("of the secondary kind can be had for any call", async () => {
    const { client, path } = await openShop(hub);
    hub.fail(repositoryRoute, secondaryLimit(60));
    const { status, headers, body } = await client.call("GET", path);
    expect([status, headers.get("retry-after")]).toEqual([403, "60"]);
    expect(body.message).toContain("secondary rate limit");
  });
});

describe("an ETag", () => {
  test("answers 304 at no cost while nothing changed, to the same token only", async () => {
    const { client, path } = await openShop(hub);
    const comments = `${path}/issues/1/comments`;
    const first = await client.call("GET", comments);
    const conditional = { "if-none-match": first.headers.get("etag") ?? "" };
    const unchanged = await client.call("GET", comments, undefined, conditional);
    expect([unchanged.status, unchanged.body]).toEqual([304, ""]);
    expect(unchanged.headers.get("x-ratelimit-used")).toBe(first.headers.get("x-ratelimit-used"));
    const other = await connect(hub, "acme");
    expect((await other.call("GET", comments, undefined, conditional)).status).toBe(200);
    await client.call("POST", comments, { body: "x" });
    expect((await client.call("GET", comments, undefined, conditional)).status).toBe(200);
  });
});

test("the ledger knows every call, whom it was for and what it cost, and no secret", async () => {
  const { client, path } = await openShop(hub);
  hub.ledger.clear();
  await client.call("GET", `${path}/issues/1/comments?per_page=5`, undefined, { "x-task": "t1" });
  await client.graphql("{ rateLimit { cost } }");
  expect(hub.ledger.calls).toMatchObject([
    {
      method: "GET",
      route: "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
      path: "/api/v3/repos/acme/shop/issues/1/comments?per_page=5",
      status: 200,
      installationId: hub.installation("acme").id,
      headers: { "x-task": "t1" },
    },
    { route: "POST /graphql", status: 200, points: 1 },
  ]);
  expect(JSON.stringify(hub.ledger.calls)).not.toContain(client.token);
  expect(hub.ledger.count("POST /graphql")).toBe(1);
});

test("a call without a user agent is refused, as GitHub does", async () => {
  await openShop(hub);
  const answer = await fetch(`${hub.apiUrl}/users/eve`, { headers: { "user-agent": "" } });
  expect(answer.status).toBe(403);
});
