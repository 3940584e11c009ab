import { describe, expect, test } from "bun:test";
import { openShop } from "./open-shop.ts";
import { connectTo, failureOf, startScriptedGitHub } from "./scripted-github.ts";

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
    expect(batch.pointsLeft).toBeLessThan(5_000);
    expect(Date.parse(batch.resetAt)).toBeGreaterThan(0);
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
    ]);
  });

  test("answers in another order, or under the other form of an id, are those of the right comment", async () => {
    const answer = { data: { rateLimit, nodes: [complete("b"), complete("a"), complete("new-form")] } };
    const { reads } = await read(answer, ["a", "b", "old-form"]);
    expect(reads.map(({ nodeId }) => nodeId)).toEqual(["b", "a", "old-form"]);
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

  test("a spent limit told with status 200 is a limit", async () => {
    const answer = { data: null, errors: [{ type: "RATE_LIMITED", message: "API rate limit exceeded" }] };
    expect(await failureOf(read(answer, ["a"]))).toMatchObject({
      code: "rate_limited",
      retryAfterMs: 60_000,
    });
  });
});
