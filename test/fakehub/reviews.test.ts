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

interface Draft {
  readonly path: string;
  readonly body: string;
  readonly line?: number;
  readonly side?: string;
  readonly start_line?: number;
  readonly start_side?: string;
  readonly position?: number;
}

const draft = (place: Partial<Draft>): Draft => ({ path: "a.ts", body: "why?", ...place });

async function postReview(comments: readonly Draft[], fields: object = {}) {
  const { client, path, pull } = shop;
  const review = { commit_id: pull.headSha, event: "COMMENT", body: "Have a look", comments, ...fields };
  return await client.call("POST", `${path}/pulls/${pull.number}/reviews`, review);
}

describe("a review that fits", () => {
  test("is answered without its comments, which are then listed", async () => {
    const posted = await postReview([draft({ line: 10 })]);
    expect(posted.status).toBe(200);
    expect(posted.body).toMatchObject({ state: "COMMENTED", user: { login: "reviewd[bot]", type: "Bot" } });
    expect(posted.body.comments).toBeUndefined();
    const listed = await shop.client.call("GET", `${shop.path}/pulls/1/reviews/${posted.body.id}/comments`);
    expect(listed.body).toMatchObject([
      { path: "a.ts", line: 10, original_line: 10, side: "RIGHT", pull_request_review_id: posted.body.id },
    ]);
    expect(listed.body[0].subject_type).toBeUndefined();
    expect(listed.body[0].diff_hunk.split("\n").at(-1)).toBe("+changed");
  });

  test("takes lines of both sides, context within three lines, ranges and positions", async () => {
    const places = [
      draft({ line: 7 }),
      draft({ line: 13 }),
      draft({ line: 10, side: "LEFT" }),
      draft({ line: 20, side: "LEFT" }),
      draft({ start_line: 8, line: 10 }),
      draft({ start_line: 10, start_side: "LEFT", line: 10, side: "RIGHT" }),
      draft({ position: 5 }),
    ];
    expect((await postReview(places)).status).toBe(200);
    expect(shop.pull.inlineComments().map(({ side, line, startLine }) => [side, line, startLine])).toEqual([
      ["RIGHT", 7, null],
      ["RIGHT", 13, null],
      ["LEFT", 10, null],
      ["LEFT", 20, null],
      ["RIGHT", 10, 8],
      ["RIGHT", 10, 10],
      ["RIGHT", 10, null],
    ]);
  });

  test("may be made on an earlier commit; what was changed since is outdated at once", async () => {
    const first = shop.pull.headSha;
    await shop.pull.push({ files: { "a.ts": "all\nnew\n" } });
    expect((await postReview([draft({ line: 10 })], { commit_id: first })).status).toBe(200);
    const { body } = await shop.client.call("GET", `${shop.path}/pulls/1/comments`);
    expect(body).toMatchObject([
      { line: null, position: null, original_line: 10, original_commit_id: first },
    ]);
  });
});

describe("a review is refused whole", () => {
  const fits = draft({ line: 10 });
  const refusals: readonly (readonly [string, Draft, string])[] = [
    ["a line outside every hunk", draft({ line: 1 }), "line must be part of the diff"],
    ["a line past the end of the file", draft({ line: 400 }), "line must be part of the diff"],
    [
      "a file that is not in the diff",
      draft({ path: "untouched.ts", line: 1 }),
      "path could not be resolved",
    ],
    ["a range that ends where it starts", draft({ start_line: 10, line: 10 }), "must precede the end line"],
    ["a range over two hunks", draft({ start_line: 10, line: 30 }), "same hunk"],
    ["a range that starts outside", draft({ start_line: 1, line: 10 }), "must be part of the diff"],
    ["a body that is too long", draft({ line: 10, body: "x".repeat(65_537) }), "too long (maximum is 65536"],
    ["a blank comment", draft({ line: 10, body: " " }), "can't be blank"],
    ["a position after the last", draft({ position: 4_000 }), "position is invalid"],
    ["no place at all", draft({}), "position is invalid"],
  ];

  test.each(refusals)("for %s", async (_, bad, words) => {
    const { status, body } = await postReview([fits, bad]);
    expect(status).toBe(422);
    expect(body.errors.join()).toContain(words);
    expect(shop.pull.reviews()).toEqual([]);
    expect(shop.pull.inlineComments()).toEqual([]);
  });

  test("for a line that only the other side has", async () => {
    // What was not there before has no old side.
    await shop.pull.push({ files: { "new.ts": "first\n" } });
    expect((await postReview([draft({ path: "new.ts", line: 1, side: "LEFT" })])).status).toBe(422);
    expect((await postReview([draft({ path: "new.ts", line: 1, side: "RIGHT" })])).status).toBe(200);
  });

  test("without a body", async () => {
    expect((await postReview([fits], { body: "" })).status).toBe(422);
    expect((await postReview([fits], { body: undefined })).status).toBe(422);
  });

  test("with a body of more than 65,536 characters, counted as characters", async () => {
    expect((await postReview([], { body: "x".repeat(65_537) })).status).toBe(422);
    expect((await postReview([], { body: "🙂".repeat(65_536) })).status).toBe(200);
  });

  test("on a commit that is not the pull request's", async () => {
    const elsewhere = await shop.repository.push({ branch: "other", files: { "z.ts": "z\n" } });
    expect((await postReview([fits], { commit_id: elsewhere })).status).toBe(422);
    expect((await postReview([fits], { commit_id: "f".repeat(40) })).status).toBe(422);
  });
});

describe("comments follow the code", () => {
  const [first = "", second = "", third = ""] = ["one\n", "two\n", "three\n"];

  test("a push above moves them, a push onto their line outdates them", async () => {
    await postReview([draft({ line: 10 }), draft({ line: 30 })]);
    const [atTen, atThirty] = shop.pull.inlineComments().map((comment) => comment.id);
    const { headSha } = shop.pull;
    const text = await fileAt(headSha);
    await shop.pull.push({ files: { "a.ts": `${first}${second}${third}${text}` } });
    const moved = new Map(shop.pull.inlineComments().map((comment) => [comment.id, comment.line]));
    expect([moved.get(atTen ?? 0), moved.get(atThirty ?? 0)]).toEqual([13, 33]);
    const changed = (await fileAt(shop.pull.headSha)).replace("changed", "changed again");
    await shop.pull.push({ files: { "a.ts": changed } });
    const after = new Map(shop.pull.inlineComments().map((comment) => [comment.id, comment.line]));
    expect([after.get(atTen ?? 0), after.get(atThirty ?? 0)]).toEqual([null, 33]);
  });

  test("a force-push back brings them back", async () => {
    await postReview([draft({ line: 10 })]);
    const first = shop.pull.headSha;
    await shop.pull.push({ files: { "a.ts": "gone\n" } });
    expect(shop.pull.inlineComments()[0]?.line).toBeNull();
    await shop.pull.forcePush({ to: first });
    expect(shop.pull.inlineComments()[0]?.line).toBe(10);
  });

  async function fileAt(ref: string): Promise<string> {
    const { body } = await shop.client.call("GET", `${shop.path}/contents/a.ts?ref=${ref}`);
    return Buffer.from(body.content, "base64").toString();
  }
});

describe("a pending review", () => {
  test("is hidden until it is submitted, and there is one a person", async () => {
    const reviews = `${shop.path}/pulls/1/reviews`;
    const { body } = await postReview([draft({ line: 10 })], { event: undefined });
    expect(body).toMatchObject({ state: "PENDING" });
    expect(body.submitted_at).toBeUndefined();
    expect((await shop.client.call("GET", `${shop.path}/pulls/1/comments`)).body).toEqual([]);
    expect((await postReview([], { event: undefined })).status).toBe(422);
    const submitted = await shop.client.call("POST", `${reviews}/${body.id}/events`, { event: "COMMENT" });
    expect(submitted.body.state).toBe("COMMENTED");
    expect((await shop.client.call("GET", `${shop.path}/pulls/1/comments`)).body).toHaveLength(1);
    expect((await shop.client.call("DELETE", `${reviews}/${body.id}`)).status).toBe(422);
  });

  test("can be deleted with its comments", async () => {
    const { body } = await postReview([draft({ line: 10 })], { event: undefined });
    expect((await shop.client.call("DELETE", `${shop.path}/pulls/1/reviews/${body.id}`)).status).toBe(200);
    expect(shop.pull.inlineComments()).toEqual([]);
  });
});

describe("a posted review", () => {
  test("can be edited by its author and, if it asked for changes, dismissed", async () => {
    const { body } = await postReview([], { event: "REQUEST_CHANGES" });
    const one = `${shop.path}/pulls/1/reviews/${body.id}`;
    expect((await shop.client.call("PUT", one, { body: "Look again" })).body.body).toBe("Look again");
    const dismissed = await shop.client.call("PUT", `${one}/dismissals`, { message: "done" });
    expect(dismissed.body.state).toBe("DISMISSED");
    expect((await shop.client.call("PUT", `${one}/dismissals`, { message: "done" })).status).toBe(422);
  });

  test("is not shown under another pull request", async () => {
    const { body } = await postReview([]);
    const other = await shop.repository.openPullRequest({
      author: "eve",
      title: "Other",
      branch: "other",
      files: { "b.ts": "b\n" },
    });
    const path = `${shop.path}/pulls/${other.number}/reviews/${body.id}`;
    expect((await shop.client.call("GET", path)).status).toBe(404);
  });
});
