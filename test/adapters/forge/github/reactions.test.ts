import { describe, expect, test } from "bun:test";
import { openShop } from "./open-shop.ts";
import { connectTo, failureOf, shop as repository, startScriptedGitHub } from "./scripted-github.ts";

type Shop = Awaited<ReturnType<typeof openShop>>;

/** One inline comment and the summary, as fakehub sees them and as we posted them. */
async function postBoth({ forge, ref, pull }: Shop) {
  const comments = [{ path: "src/cart.ts", line: 2, startLine: null, body: "here" }];
  await forge.createReview(ref, pull.number, { headSha: pull.headSha, body: "x", comments });
  await forge.createComment(ref, pull.number, "Summary");
  const [inline] = pull.inlineComments();
  const [summary] = pull.issueComments();
  if (!inline || !summary) throw new Error("not posted");
  return { inline, summary };
}

describe("of many comments", () => {
  test("are read with who reacted, whatever kind of comment, for one call and one point", async () => {
    await using shop = await openShop();
    const { forge, ref, hub } = shop;
    const { inline, summary } = await postBoth(shop);
    await hub.user("eve").react(inline, "-1");
    await hub.user("bob").react(inline, "heart");
    await hub.user("bob").react(summary, "+1");
    hub.ledger.clear();
    const batch = await forge.readReactions(ref.installationId, [summary.nodeId, inline.nodeId]);
    const bob = { id: hub.user("bob").id, login: "bob", isBot: false };
    expect(batch.reads).toMatchObject([
      { nodeId: summary.nodeId, state: "complete", reactions: [{ content: "+1", reactor: bob }] },
      {
        nodeId: inline.nodeId,
        state: "complete",
        reactions: [
          { content: "-1", reactor: { login: "eve" } },
          { content: "heart", reactor: bob },
        ],
      },
    ]);
    expect(hub.ledger.calls.filter(({ route }) => route === "POST /graphql")).toMatchObject([{ points: 1 }]);
    expect(batch.limit?.pointsLeft).toBeLessThan(5_000);
    expect(Date.parse(batch.limit?.resetAt ?? "")).toBeGreaterThan(0);
    const byRest = await forge.listReactions(ref, { kind: "inline", id: inline.id });
    expect([...byRest].sort((a, b) => a.id - b.id)).toEqual(
      batch.reads.flatMap((read) =>
        read.nodeId === inline.nodeId && "reactions" in read ? read.reactions : [],
      ),
    );
    expect(await forge.listReactions(ref, { kind: "summary", id: summary.id })).toMatchObject([
      { content: "+1" },
    ]);
  });

  test("every kind of reaction has its name", async () => {
    await using shop = await openShop();
    const { forge, ref, hub } = shop;
    const { inline } = await postBoth(shop);
    const kinds = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"] as const;
    for (const kind of kinds) await hub.user("eve").react(inline, kind);
    const { reads } = await forge.readReactions(ref.installationId, [inline.nodeId]);
    const contents = reads
      .flatMap((read) => ("reactions" in read ? read.reactions : []))
      .map((r) => r.content);
    expect(contents.sort()).toEqual([...kinds].sort());
  });

  test("a deleted comment is missing, a deleted account nobody, and the others are read", async () => {
    await using shop = await openShop();
    const { forge, ref, hub } = shop;
    const { inline, summary } = await postBoth(shop);
    await hub.user("bob").react(summary, "+1");
    await hub.user("bob").deleteAccount();
    await forge.deleteInlineComment(ref, inline.id);
    const ids = [inline.nodeId, "no such id", summary.nodeId];
    expect((await forge.readReactions(ref.installationId, ids)).reads).toMatchObject([
      { nodeId: inline.nodeId, state: "missing" },
      { nodeId: "no such id", state: "missing" },
      { nodeId: summary.nodeId, state: "complete", reactions: [{ content: "+1", reactor: null }] },
    ]);
    const gone = forge.listReactions(ref, { kind: "inline", id: inline.id });
    expect(await failureOf(gone)).toMatchObject({ code: "not_found" });
  });

  test("more than a hundred on one comment are partial, and REST lists them all", async () => {
    await using shop = await openShop();
    const { forge, ref, hub } = shop;
    const { inline } = await postBoth(shop);
    for (let i = 0; i < 101; i++) await hub.user(`user-${i}`).react(inline, "+1");
    const { reads } = await forge.readReactions(ref.installationId, [inline.nodeId]);
    expect(reads).toEqual([{ nodeId: inline.nodeId, state: "partial" }]);
    const all = await forge.listReactions(ref, { kind: "inline", id: inline.id });
    expect(new Set(all.map(({ reactor }) => reactor?.id)).size).toBe(101);
  });

  test("more than a hundred ids are refused before GitHub is asked", async () => {
    await using shop = await openShop();
    const ids = Array.from({ length: 101 }, (_, i) => `id-${i}`);
    const failure = await failureOf(shop.forge.readReactions(shop.ref.installationId, ids));
    expect(failure).toMatchObject({ code: "invalid_input" });
    expect(shop.hub.ledger.count("POST /graphql")).toBe(0);
  });

  test("a query is tried again after a 502, since it changes nothing", async () => {
    await using shop = await openShop();
    const { inline } = await postBoth(shop);
    shop.hub.fail("POST /graphql", { status: 502 });
    const { reads } = await shop.forge.readReactions(shop.ref.installationId, [inline.nodeId]);
    expect(reads).toMatchObject([{ state: "complete" }]);
  });

  test("when the hour's points are spent it says when to come back, and asks no more", async () => {
    await using shop = await openShop();
    const { inline } = await postBoth(shop);
    shop.hub.installation("acme").exhaust("graphql");
    const read = () => failureOf(shop.forge.readReactions(shop.ref.installationId, [inline.nodeId]));
    const failure = await read();
    expect(failure).toMatchObject({ code: "rate_limited" });
    expect((failure as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(60_000);
    expect(await read()).toMatchObject({ code: "rate_limited" });
    expect(shop.hub.ledger.count("POST /graphql")).toBe(1);
    expect(await shop.forge.listReactions(shop.ref, { kind: "inline", id: inline.id })).toEqual([]);
  });
});

describe("answers that are only in part good", () => {
  const rateLimit = { cost: 1, remaining: 9, resetAt: "2026-01-01T00:00:00Z" };
  const reactions = { pageInfo: { hasNextPage: false }, nodes: [] };
  const complete = (id: string) => ({ id, reactions });

  async function read(answer: unknown, ids: readonly string[]) {
    const github = startScriptedGitHub(() => Response.json(answer));
    try {
      return await connectTo(github).forge.readReactions(7, ids);
    } finally {
      await github.close();
    }
  }

  test("what failed for another reason than being gone is left unanswered", async () => {
    const answer = {
      data: { rateLimit, nodes: [complete("a"), null, null, complete("d")] },
      errors: [
        { type: "FORBIDDEN", message: "IP allow list", path: ["nodes", 1] },
        { type: "NOT_FOUND", message: "Could not resolve", path: ["nodes", 2] },
        { message: "Something went wrong", path: ["nodes", 3, "reactions"] },
      ],
    };
    expect((await read(answer, ["a", "b", "c", "d"])).reads).toEqual([
      { nodeId: "a", state: "complete", reactions: [] },
      { nodeId: "c", state: "missing" },
      { nodeId: "d", state: "partial" },
    ]);
  });

  test("an answer under the other form of an id is that of its place", async () => {
    const answer = { data: { rateLimit, nodes: [complete("a"), complete("new-form")] } };
    const { reads } = await read(answer, ["a", "old-form"]);
    expect(reads.map(({ nodeId }) => nodeId)).toEqual(["a", "old-form"]);
  });

  test.each([
    ["in another order", [complete("c"), null, complete("a"), complete("other-form")], ["c", "a"]],
    ["with fewer answers than ids", [complete("b"), null], ["b"]],
    ["with more answers than ids", [complete("a"), null, null, null, null], ["a"]],
  ])("%s, a place says nothing: only what names itself is taken", async (_, nodes, known) => {
    const { reads } = await read({ data: { rateLimit, nodes } }, ["a", "b", "c", "d"]);
    expect(reads).toEqual(known.map((nodeId) => ({ nodeId, state: "complete", reactions: [] })));
  });

  test("beside an error of no place, nothing is taken for missing", async () => {
    const errors = [{ message: "Something went wrong while executing your query" }];
    const { reads } = await read({ data: { rateLimit, nodes: [complete("a"), null] }, errors }, ["a", "b"]);
    expect(reads).toEqual([{ nodeId: "a", state: "complete", reactions: [] }]);
  });

  const thumb = { databaseId: 5, content: "THUMBS_UP", createdAt: "2026-01-01T00:00:00Z", user: null };
  const withReactions = (id: string, nodes: unknown) => ({
    id,
    reactions: { pageInfo: { hasNextPage: false }, nodes },
  });

  test.each([
    ["no reactions", { id: "b", reactions: null }],
    ["an id that is text", withReactions("b", [{ ...thumb, databaseId: "5" }])],
    ["an id that is null", withReactions("b", [{ ...thumb, databaseId: null }])],
    ["an id with a fraction", withReactions("b", [{ ...thumb, databaseId: 5.5 }])],
    ["a time that is none", withReactions("b", [{ ...thumb, createdAt: "yesterday" }])],
    ["somebody without an id", withReactions("b", [{ ...thumb, user: { login: "eve", databaseId: null } }])],
    ["no object", "?"],
  ])("a comment answered with %s is partial, and the others are read", async (_, node) => {
    const nodes = [complete("a"), node, complete("c")];
    const { reads } = await read({ data: { rateLimit, nodes } }, ["a", "b", "c"]);
    expect(reads).toMatchObject([
      { nodeId: "a", state: "complete" },
      { nodeId: "b", state: "partial" },
      { nodeId: "c", state: "complete" },
    ]);
  });

  test("a reaction of a kind nobody knows yet is left out", async () => {
    const node = withReactions("a", [{ ...thumb, content: "PARTY" }, thumb]);
    const { reads } = await read({ data: { rateLimit, nodes: [node] } }, ["a"]);
    expect(reads).toMatchObject([{ nodeId: "a", state: "complete", reactions: [{ id: 5, content: "+1" }] }]);
  });

  test("programs are told from people by where their page is, at an Enterprise Server, too", async () => {
    const paths = ["/apps/helper", "/github-apps/helper", "/apps-lover", "/eve"];
    const nodes = paths.map((resourcePath, databaseId) => ({
      ...{ ...thumb, databaseId },
      user: { login: "helper", databaseId, resourcePath },
    }));
    const { reads } = await read({ data: { rateLimit, nodes: [withReactions("a", nodes)] } }, ["a"]);
    const bots = reads
      .flatMap((one) => ("reactions" in one ? one.reactions : []))
      .map((r) => r.reactor?.isBot);
    expect(bots).toEqual([true, true, false, false]);
  });

  test("a server that limits nobody tells no limit", async () => {
    const batch = await read({ data: { rateLimit: null, nodes: [complete("a")] } }, ["a"]);
    expect(batch).toMatchObject({ reads: [{ state: "complete" }], points: 1, limit: null });
  });

  test("a reaction GitHub could not resolve makes its comment partial", async () => {
    const holed = { id: "a", reactions: { pageInfo: { hasNextPage: false }, nodes: [null] } };
    const { reads } = await read({ data: { rateLimit, nodes: [holed] } }, ["a"]);
    expect(reads).toEqual([{ nodeId: "a", state: "partial" }]);
  });

  for (const [name, answer] of Object.entries({
    "no data": { data: null, errors: [{ message: "Something went wrong while executing your query" }] },
    "another shape": { data: { rateLimit, nodes: "?" } },
    "not even GraphQL": ["?"],
  })) {
    test(`${name} is no answer`, async () => {
      expect(await failureOf(read(answer, ["a"]))).toMatchObject({ code: "unavailable" });
    });
  }

  test.each([
    { type: "RATE_LIMITED", message: "API rate limit exceeded" },
    { type: "RATE_LIMIT", code: "graphql_rate_limit", message: "API rate limit already exceeded for 7." },
    { message: "You have exceeded a secondary rate limit. Please wait a few minutes." },
  ])("a limit told with status 200 is a limit: %j", async (error) => {
    expect(await failureOf(read({ data: null, errors: [error] }, ["a"]))).toMatchObject({
      code: "rate_limited",
      retryAfterMs: 60_000,
    });
  });

  test("a secondary limit told with status 200 is of REST, too, as long as it says", async () => {
    const errors = [{ message: "You have exceeded a secondary rate limit." }];
    const github = startScriptedGitHub(() =>
      Response.json({ data: null, errors }, { headers: { "retry-after": "240" } }),
    );
    const { forge } = connectTo(github);
    expect(await failureOf(forge.readReactions(7, ["a"]))).toMatchObject({ retryAfterMs: 240_000 });
    const failure = await failureOf(
      forge.listReactions({ ...repository, installationId: 7 }, { kind: "inline", id: 1 }),
    );
    await github.close();
    expect(failure).toMatchObject({ code: "rate_limited" });
    expect(github.calls).toHaveLength(1);
  });
});

describe("of one comment", () => {
  const rest = (id: number) => ({ id, content: "+1", created_at: "2026-01-01T00:00:00Z", user: null });

  /** What is left of so many reactions in turn: one state a call, the last one for good. */
  async function list(states: readonly (readonly number[])[]) {
    let call = 0;
    const github = startScriptedGitHub(({ path }) => {
      const ids = states[Math.min(call++, states.length - 1)] ?? [];
      const page = Number(new URLSearchParams(path.split("?")[1]).get("page") ?? 1);
      const next = `<http://x.test/?per_page=100&page=${page + 1}>; rel="next"`;
      const headers: Record<string, string> = ids.length > page * 100 ? { link: next } : {};
      return Response.json(ids.slice((page - 1) * 100, page * 100).map(rest), { headers });
    });
    try {
      const found = await connectTo(github).forge.listReactions(repository, { kind: "inline", id: 1 });
      return { ids: found.map(({ id }) => id), calls: github.calls.length };
    } finally {
      await github.close();
    }
  }

  const all = Array.from({ length: 150 }, (_, index) => index + 1);
  const without = (gone: number) => all.filter((id) => id !== gone);

  test("one taken back between two pages does not hide the one that moves up to the page before", async () => {
    expect(await list([all, without(7)])).toEqual({ ids: without(7), calls: 6 });
  });

  test("several pages are read twice, one only once", async () => {
    expect(await list([all])).toEqual({ ids: all, calls: 4 });
    expect(await list([[1, 2]])).toEqual({ ids: [1, 2], calls: 1 });
  });

  test("those that change faster than they can be read are not read", async () => {
    const changing = [1, 2, 3, 4, 5, 6].map(without);
    expect(await failureOf(list(changing))).toMatchObject({ code: "conflict" });
  });

  test.each([
    [{ message: "?" }],
    [[{ ...rest(1), id: "1" }]],
    [[{ ...rest(1), created_at: null }]],
    [[{ ...rest(1), user: { id: null, login: "eve", type: "User" } }]],
  ])("an answer of another shape is none: %j", async (answer) => {
    const github = startScriptedGitHub(() => Response.json(answer));
    const failure = await failureOf(
      connectTo(github).forge.listReactions(repository, { kind: "inline", id: 1 }),
    );
    await github.close();
    expect(failure).toMatchObject({ code: "unavailable" });
  });
});
