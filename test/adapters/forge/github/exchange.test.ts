import { afterEach, describe, expect, test } from "bun:test";
import { withCorrelation } from "../../../../src/correlation.ts";
import { eventually } from "../../../support/eventually.ts";
import {
  connectTo,
  failureOf,
  restPullRequest,
  type ScriptedGitHub,
  shop,
  startScriptedGitHub,
} from "./scripted-github.ts";

const open: { close: () => unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

function start(...args: Parameters<typeof startScriptedGitHub>): ScriptedGitHub {
  const github = startScriptedGitHub(...args);
  open.push(github);
  return github;
}

const review = { headSha: "a", body: "b", comments: [] };
const badGateway = () => new Response("<html>Bad gateway</html>", { status: 502 });
const never = () => new Promise<Response>(() => {});
type Shop = ReturnType<typeof connectTo>["forge"];

describe("trying again", () => {
  test("a read is tried three times", async () => {
    let failures = 2;
    const github = start(() => (failures-- > 0 ? badGateway() : Response.json(restPullRequest)));
    expect(await connectTo(github).forge.getPullRequest(shop, 1)).toMatchObject({ number: 1 });
    expect(github.calls).toHaveLength(3);
  });

  test("and no more", async () => {
    const github = start(badGateway);
    const failure = await failureOf(connectTo(github).forge.getPullRequest(shop, 1));
    expect(failure).toMatchObject({ code: "unavailable" });
    expect(github.calls).toHaveLength(3);
  });

  test("what GitHub refused is not tried again", async () => {
    const github = start(() => Response.json({ message: "Not Found" }, { status: 404 }));
    expect(await failureOf(connectTo(github).forge.getPullRequest(shop, 1))).toMatchObject({
      code: "not_found",
    });
    expect(github.calls).toHaveLength(1);
  });

  const writes = {
    "POST review": (forge: ReturnType<typeof connectTo>["forge"]) => forge.createReview(shop, 1, review),
    "POST comment": (forge: ReturnType<typeof connectTo>["forge"]) => forge.createComment(shop, 1, "x"),
    "PATCH comment": (forge: ReturnType<typeof connectTo>["forge"]) => forge.updateComment(shop, 1, "x"),
    "DELETE comment": (forge: ReturnType<typeof connectTo>["forge"]) => forge.deleteComment(shop, 1),
    "PUT review": (forge: ReturnType<typeof connectTo>["forge"]) => forge.updateReviewBody(shop, 1, 2, "x"),
    "POST redelivery": (forge: ReturnType<typeof connectTo>["forge"]) => forge.redeliver("1"),
  };
  for (const [name, write] of Object.entries(writes)) {
    test(`a write is sent once: ${name}`, async () => {
      const github = start(badGateway);
      expect(await failureOf(write(connectTo(github).forge))).toMatchObject({ code: "unavailable" });
      expect(github.calls).toHaveLength(1);
    });
  }
});

describe("limits", () => {
  test("after a secondary limit nothing of the installation is called until it ends", async () => {
    const limit = { message: "You have exceeded a secondary rate limit" };
    const github = start(() => Response.json(limit, { status: 403, headers: { "retry-after": "3600" } }));
    const { forge } = connectTo(github);
    const first = await failureOf(forge.createReview(shop, 1, review));
    expect(first).toMatchObject({ code: "rate_limited", retryAfterMs: 3_600_000 });
    const later = [
      await failureOf(forge.getPullRequest(shop, 1)),
      await failureOf(forge.createComment(shop, 1, "x")),
      await failureOf(forge.readReactions(shop.installationId, ["a"])),
    ];
    for (const failure of later) {
      expect(failure).toMatchObject({ code: "rate_limited" });
      expect((failure as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(3_500_000);
    }
    expect(github.calls).toHaveLength(1);
    await failureOf(forge.getPullRequest({ ...shop, installationId: 8 }, 1));
    expect(github.calls).toHaveLength(2);
  });

  test("a spent REST limit leaves GraphQL alone", async () => {
    const reset = String(Math.floor(Date.now() / 1_000) + 600);
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset };
    const rateLimit = { cost: 1, remaining: 4_999, resetAt: "2026-01-01T00:00:00Z" };
    const github = start(({ path }) =>
      path === "/api/graphql"
        ? Response.json({ data: { rateLimit, nodes: [] } })
        : Response.json({ message: "API rate limit exceeded" }, { status: 403, headers }),
    );
    const { forge } = connectTo(github);
    expect(await failureOf(forge.getPullRequest(shop, 1))).toMatchObject({ code: "rate_limited" });
    expect(await forge.readReactions(shop.installationId, [])).toMatchObject({
      limit: { pointsLeft: 4_999 },
    });
  });
});

/** A call that fails goes out so many times. Where the machine is busy, one may be given up before it is sent. */
async function expectSent(times: number, seen: () => number, call: () => Promise<unknown>): Promise<void> {
  await eventually(async () => {
    const before = seen();
    expect(await failureOf(call())).toMatchObject({ code: "unavailable" });
    expect(seen() - before).toBe(times);
  });
}

describe("giving up", () => {
  test("on an answer that never begins", async () => {
    const github = start(never);
    const { forge } = connectTo(github, { timeoutMs: 100 });
    const seen = () => github.calls.length;
    await expectSent(1, seen, () => forge.createReview(shop, 1, review));
    await expectSent(3, seen, () => forge.getPullRequest(shop, 1));
  });

  test.each([
    ["a write", (forge: Shop) => forge.createReview(shop, 1, review)],
    ["a read", (forge: Shop) => forge.getPullRequest(shop, 1)],
    ["a query", (forge: Shop) => forge.readReactions(shop.installationId, ["a"])],
  ])("at once where all calls are cut: %s", async (_, call) => {
    const called = Promise.withResolvers<void>();
    const github = start(() => {
      called.resolve();
      return never();
    });
    const cut = new AbortController();
    // Nothing else would end the call before the test does.
    const { forge } = connectTo(github, { timeoutMs: 3_600_000, signal: cut.signal });
    const underWay = failureOf(call(forge));
    await called.promise;
    cut.abort();
    expect(await underWay).toMatchObject({ code: "unavailable" });
    expect(await failureOf(call(forge))).toMatchObject({ code: "unavailable" });
    expect(github.calls).toHaveLength(1);
  });

  test("before a call that waits for its token is sent", async () => {
    const asked = Promise.withResolvers<void>();
    const github = start(
      () => Response.json(restPullRequest),
      "ghs_scripted",
      () => {
        asked.resolve();
        return never();
      },
    );
    const cut = new AbortController();
    const { forge } = connectTo(github, { timeoutMs: 3_600_000, signal: cut.signal });
    const calls = [failureOf(forge.createReview(shop, 1, review)), failureOf(forge.getPullRequest(shop, 1))];
    await asked.promise;
    cut.abort();
    for (const failure of await Promise.all(calls)) expect(failure).toMatchObject({ code: "unavailable" });
    expect(github.calls).toEqual([]);
  });

  test("on an answer that never ends", async () => {
    const endless = () =>
      new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode('{"id": 1')) });
    const headers = { "content-type": "application/json" };
    const github = start(() => new Response(endless(), { headers }));
    const { forge } = connectTo(github, { timeoutMs: 100 });
    expect(await failureOf(forge.createReview(shop, 1, review))).toMatchObject({ code: "unavailable" });
  });

  test("on a connection that never gets through its TLS handshake", async () => {
    let connections = 0;
    const silent = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { open: () => void connections++, data: () => {} },
    });
    open.push({ close: () => silent.stop(true) });
    const { forge } = connectTo({ apiUrl: `https://127.0.0.1:${silent.port}/api/v3` }, { timeoutMs: 100 });
    await expectSent(
      1,
      () => connections,
      () => forge.redeliver("1"),
    );
  });

  test("on a host that is not there", async () => {
    const github = start(never);
    await github.close();
    expect(await failureOf(connectTo(github).forge.redeliver("1"))).toMatchObject({ code: "unavailable" });
  });

  test("a write that waited for its token too long is never sent", async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const github = start(
      () => Response.json({ id: 1 }),
      "",
      async () => {
        await held;
        return Response.json(
          { token: "ghs_late", expires_at: new Date(Date.now() + 3_600_000) },
          { status: 201 },
        );
      },
    );
    const { forge } = connectTo(github, { timeoutMs: 200 });
    const read = failureOf(forge.getPullRequest(shop, 1));
    expect(await failureOf(forge.createReview(shop, 1, review))).toMatchObject({ code: "unavailable" });
    release();
    await read;
    expect(github.calls.filter((call) => call.method === "POST")).toEqual([]);
  });
});

describe("answers", () => {
  const json = { "content-type": "application/json; charset=utf-8" };
  const broken = {
    "cut off": () => new Response('{"id": 1, "bo', { headers: json }),
    "another's login page": () => new Response("<html></html>", { headers: { "content-type": "text/html" } }),
    empty: () => new Response("", { headers: json }),
  };
  for (const [name, answer] of Object.entries(broken)) {
    test(`one that is ${name} is no success`, async () => {
      const github = start(answer);
      const failure = await failureOf(connectTo(github).forge.createReview(shop, 1, review));
      expect(failure).toMatchObject({ code: "unavailable" });
      expect(github.calls).toHaveLength(1);
    });
  }

  test("a pull request of another repository that took the name is not found", async () => {
    const foreign = { ...restPullRequest, base: { ...restPullRequest.base, repo: { id: 12 } } };
    const github = start(() => Response.json(foreign));
    expect(await failureOf(connectTo(github).forge.getPullRequest(shop, 1))).toMatchObject({
      code: "not_found",
    });
  });
});

describe("a repository that moved", () => {
  test("is followed at the same GitHub, by reads and by writes", async () => {
    const github = start(({ path, method }) => {
      if (!path.startsWith("/api/v3/repos/")) {
        return Response.json(method === "GET" ? restPullRequest : { id: 9 });
      }
      const location = path.replace("/repos/acme/shop", "/repositories/11");
      const status = method === "GET" ? 301 : 307;
      return Response.json({ message: "Moved Permanently" }, { status, headers: { location } });
    });
    const { forge } = connectTo(github);
    expect(await forge.getPullRequest(shop, 1)).toMatchObject({ number: 1 });
    expect(await forge.createReview(shop, 1, review)).toEqual({ id: 9 });
    const [, read, refused, written] = github.calls;
    expect(read).toMatchObject({ method: "GET", path: "/api/v3/repositories/11/pulls/1", body: "" });
    expect(written).toMatchObject({ method: "POST", path: "/api/v3/repositories/11/pulls/1/reviews" });
    expect(written?.body).toBe(refused?.body ?? "");
    expect(written?.headers.get("authorization")).toBe(refused?.headers.get("authorization") ?? "");
  });

  test("its pages are followed too", async () => {
    const github = start(({ path }) => {
      const { pathname, searchParams, search } = new URL(path, "http://x");
      if (pathname.startsWith("/api/v3/repos/")) {
        const location = `/api/v3/repositories/11/pulls${search}`;
        return Response.json({}, { status: 301, headers: { location } });
      }
      const page = Number(searchParams.get("page") ?? 1);
      const next = `<http://elsewhere.example/api/v3/repositories/11/pulls?per_page=100&page=2>; rel="next"`;
      const headers: Record<string, string> = page === 1 ? { link: next } : {};
      return Response.json([{ ...restPullRequest, number: page }], { headers });
    });
    const numbers: number[] = [];
    for await (const pull of connectTo(github).forge.listOpenPullRequests(shop)) numbers.push(pull.number);
    expect(numbers).toEqual([1, 2]);
  });

  test("to another host it is not followed, and the token stays here", async () => {
    const elsewhere = start(() => Response.json(restPullRequest));
    const location = `${elsewhere.apiUrl}/repos/acme/shop/pulls/1`;
    const github = start(() => Response.json({}, { status: 302, headers: { location } }));
    expect(await failureOf(connectTo(github).forge.getPullRequest(shop, 1))).toMatchObject({
      code: "unavailable",
    });
    expect(elsewhere.calls).toHaveLength(0);
  });

  test("in a circle it ends", async () => {
    const github = start(({ path }) => Response.json({}, { status: 301, headers: { location: path } }));
    const failure = await failureOf(connectTo(github).forge.createReview(shop, 1, review));
    expect(failure).toMatchObject({ code: "unavailable" });
    expect(github.calls).toHaveLength(4);
  });
});

test("the ids of the work are on every call and on every line", async () => {
  const github = start(() => Response.json(restPullRequest));
  const { forge, lines } = connectTo(github);
  await Promise.all([
    withCorrelation({ taskId: "task-1", deliveryId: "delivery-1" }, () => forge.getPullRequest(shop, 1)),
    withCorrelation({ taskId: "task-2" }, () => forge.getPullRequest({ ...shop, repositoryId: 11 }, 2)),
  ]);
  const stamps = github.calls.map(({ path, headers }) => [
    path.slice(-1),
    headers.get("x-reviewd-task"),
    headers.get("x-github-delivery"),
  ]);
  expect(stamps.sort()).toEqual([
    ["1", "task-1", "delivery-1"],
    ["2", "task-2", null],
  ]);
  expect(lines.length).toBe(3);
  for (const line of lines) expect(JSON.parse(line).taskId).toStartWith("task-");
});

test("a line says what was called, with what result, and nothing of the content", async () => {
  const github = start(() =>
    Response.json(
      { message: "Validation Failed" },
      { status: 422, headers: { "x-github-request-id": "R1" } },
    ),
  );
  const { forge, lines } = connectTo(github);
  await failureOf(forge.createComment(shop, 1, "a secret of the customer"));
  const line = JSON.parse(lines.at(-1) ?? "");
  expect(line).toMatchObject({
    level: "warn",
    method: "POST",
    route: "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    status: 422,
    installation: 7,
    requestId: "R1",
  });
  expect(line.ms).toBeNumber();
  expect(lines.join("")).not.toContain("a secret of the customer");
});
