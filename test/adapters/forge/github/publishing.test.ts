import { expect, test } from "bun:test";
import { openShop } from "./open-shop.ts";
import { failureOf } from "./scripted-github.ts";

test("a review is posted with its comments, read back, corrected and thinned out", async () => {
  await using shop = await openShop();
  const { forge, ref, pull, hub } = shop;
  const { id } = await forge.createReview(ref, pull.number, {
    headSha: pull.headSha,
    body: "Two things",
    comments: [
      { path: "src/cart.ts", line: 1, startLine: null, body: "one line" },
      { path: "src/cart.ts", line: 3, startLine: 2, body: "two lines" },
    ],
  });
  const { botId, botLogin } = hub.app;
  const author = { id: botId, login: botLogin, isBot: true };
  expect(await forge.listReviews(ref, pull.number)).toMatchObject([{ id, body: "Two things", author }]);
  const comments = await forge.listInlineComments(ref, pull.number);
  expect(comments).toMatchObject([
    { body: "one line", path: "src/cart.ts", line: 1, author },
    { body: "two lines", path: "src/cart.ts", line: 3, author },
  ]);
  for (const comment of comments) expect(comment.nodeId).toBeTruthy();

  await forge.updateReviewBody(ref, pull.number, id, "One thing");
  await forge.deleteInlineComment(ref, comments[1]?.id ?? 0);
  expect(pull.reviews().map(({ body }) => body)).toEqual(["One thing"]);
  expect(pull.inlineComments().map(({ body }) => body)).toEqual(["one line"]);
  const again = forge.deleteInlineComment(ref, comments[1]?.id ?? 0);
  expect(await failureOf(again)).toMatchObject({ code: "not_found" });
});

test("a review with a comment outside the diff is refused whole, as bad input", async () => {
  await using shop = await openShop();
  const { forge, ref, pull } = shop;
  const comments = [{ path: "src/cart.ts", line: 99, startLine: null, body: "nowhere" }];
  const review = { headSha: pull.headSha, body: "x", comments };
  const failure = await failureOf(forge.createReview(ref, pull.number, review));
  expect(failure).toMatchObject({ code: "invalid_input" });
  expect(pull.reviews()).toEqual([]);
});

test("a comment that lost its line has none", async () => {
  await using shop = await openShop();
  const { forge, ref, pull } = shop;
  const comments = [{ path: "src/cart.ts", line: 2, startLine: null, body: "here" }];
  await forge.createReview(ref, pull.number, { headSha: pull.headSha, body: "x", comments });
  await pull.push({ files: { "src/cart.ts": "all new\n" } });
  expect(await forge.listInlineComments(ref, pull.number)).toMatchObject([
    { path: "src/cart.ts", line: null },
  ]);
});

test("a 502 after the work was done leaves one review, for the caller to find", async () => {
  await using shop = await openShop();
  const { forge, ref, pull, hub } = shop;
  hub.fail("POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews", { status: 502, afterCommit: true });
  const review = { headSha: pull.headSha, body: "once", comments: [] };
  expect(await failureOf(forge.createReview(ref, pull.number, review))).toMatchObject({
    code: "unavailable",
  });
  expect(await forge.listReviews(ref, pull.number)).toMatchObject([{ body: "once" }]);
});

test("comments are posted, edited, listed over all pages, and deleted", async () => {
  await using shop = await openShop();
  const { forge, ref, pull, hub } = shop;
  const posted = await forge.createComment(ref, pull.number, "Summary");
  expect(posted).toMatchObject({ body: "Summary", path: null, line: null, author: { isBot: true } });
  expect(await forge.updateComment(ref, posted.id, "New")).toMatchObject({ id: posted.id, body: "New" });
  for (let i = 0; i < 120; i++) await hub.user("eve").comment(pull, `Comment ${i}`);
  const listed = await forge.listComments(ref, pull.number);
  expect(listed).toHaveLength(121);
  expect(new Set(listed.map(({ id }) => id)).size).toBe(121);
  await forge.deleteComment(ref, posted.id);
  expect(pull.issueComments()).toHaveLength(120);
});

test("a check goes from in progress to its conclusion, and all our own are listed", async () => {
  await using shop = await openShop();
  const { forge, ref, pull } = shop;
  const open = {
    status: "in_progress",
    conclusion: null,
    title: "Reviewing",
    summary: "…",
    annotations: [],
  } as const;
  const first = await forge.createCheck(ref, { headSha: pull.headSha, externalId: "a", ...open });
  await forge.createCheck(ref, { headSha: pull.headSha, externalId: "b", ...open });
  const done = {
    status: "completed",
    conclusion: "neutral",
    title: "Done",
    summary: "2 findings",
    annotations: [],
  } as const;
  await forge.updateCheck(ref, first.id, done);
  const shown = pull.checks().find(({ id }) => id === first.id);
  expect(shown).toMatchObject({ status: "completed", conclusion: "neutral" });
  const listed = await forge.listChecks(ref, pull.headSha);
  expect(listed.map(({ externalId }) => externalId).sort()).toEqual(["a", "b"]);
  for (const { appId } of listed) expect(appId).toBe(shop.hub.app.id);
});

test("annotations of a check are added to those that are there, and listed over all pages", async () => {
  await using shop = await openShop();
  const { forge, ref, pull } = shop;
  const annotate = (from: number) =>
    Array.from({ length: 50 }, (_, i) => ({
      path: "a.ts",
      startLine: from + i,
      line: from + i,
      level: "warning" as const,
      title: "High: a title",
      message: `message ${from + i}`,
    }));
  const check = { status: "completed", conclusion: "neutral", title: "Done", summary: "2 findings" } as const;
  const { headSha } = pull;
  const { id } = await forge.createCheck(ref, {
    ...check,
    headSha,
    externalId: "a",
    annotations: annotate(1),
  });
  for (const from of [51, 101]) await forge.updateCheck(ref, id, { ...check, annotations: annotate(from) });
  expect(await forge.listChecks(ref, headSha)).toMatchObject([{ id, annotationCount: 150 }]);
  const listed = await forge.listAnnotations(ref, id);
  expect(listed).toEqual([...annotate(1), ...annotate(51), ...annotate(101)]);
});

test("a permission the App lost is forbidden", async () => {
  await using shop = await openShop();
  const { forge, ref, pull, hub } = shop;
  hub.installation("acme").setPermissions({ metadata: "read", contents: "read", pull_requests: "read" });
  expect(await failureOf(forge.createComment(ref, pull.number, "x"))).toMatchObject({ code: "forbidden" });
  expect(await forge.getPullRequest(ref, pull.number)).toMatchObject({ number: pull.number });
});

test("tokens that end, are revoked, or have the long format", async () => {
  await using shop = await openShop({ tokenFormat: "stateless" });
  const { forge, ref, pull, hub } = shop;
  const mints = () => hub.ledger.count("POST /app/installations/{installation_id}/access_tokens");
  await forge.getPullRequest(ref, pull.number);
  await forge.getPullRequest(ref, pull.number);
  expect(mints()).toBe(1);
  hub.clock.advance(3_600_000);
  await forge.getPullRequest(ref, pull.number);
  expect(mints()).toBe(2);
  hub.clock.advance(60_000);
  hub.revokeTokens();
  await forge.getPullRequest(ref, pull.number);
  expect(mints()).toBe(3);
});

test("a reply stands in its thread, and says which", async () => {
  await using shop = await openShop();
  const { forge, ref, pull } = shop;
  const comments = [{ path: "src/cart.ts", line: 2, startLine: null, body: "here" }];
  await forge.createReview(ref, pull.number, { headSha: pull.headSha, body: "x", comments });
  const [first] = await forge.listInlineComments(ref, pull.number);
  expect(first?.inReplyToId).toBeNull();
  const threadId = first?.id ?? 0;
  const reply = { threadId, path: "src/cart.ts", headSha: pull.headSha, body: "because" };
  const posted = await forge.replyInline(ref, pull.number, reply);
  expect(posted).toMatchObject({ body: "because", inReplyToId: threadId, author: { isBot: true } });
  expect(await forge.listInlineComments(ref, pull.number)).toEqual([
    expect.objectContaining({ id: threadId }),
    expect.objectContaining({ id: posted.id, inReplyToId: threadId }),
  ]);
});
