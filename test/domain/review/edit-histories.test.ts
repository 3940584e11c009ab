/** Findings keep their identity over whatever people do to a branch in real git; and whether this would notice if not. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { FileDiff } from "../../../src/adapters/git/diff.ts";
import { type Edit, playHistory } from "./edit-histories/branch.ts";
import { type GitHistories, openGitHistories } from "./edit-histories/git-histories.ts";
import { type PlayedReview, playReviews } from "./edit-histories/play.ts";
import { byRule, type Draw, inProse, marksIn, type TestReviewer } from "./edit-histories/reviewers.ts";

/** To look further than every test run does: EDIT_HISTORIES_SEED=7 EDIT_HISTORIES_EFFORT=20 */
const seed = Number(process.env.EDIT_HISTORIES_SEED ?? 20_261_121);
const effort = Number(process.env.EDIT_HISTORIES_EFFORT ?? 1);
const numRuns = 50 * effort;
const timeoutMs = 180_000 * Math.max(1, effort);

let git: GitHistories;
beforeAll(async () => {
  git = await openGitHistories();
});
afterAll(() => git[Symbol.asyncDispose]());

const number = fc.nat(1_000);
const count = fc.integer({ min: 1, max: 6 });
const texts = fc.array(number, { minLength: 1, maxLength: 4 });
const inFile = { file: number, at: number };
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("add"), ...inFile, texts }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("mark"), ...inFile }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("copyMark"), mark: number, ...inFile }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("fix"), mark: number }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("bringBack"), mark: number, ...inFile }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete"), ...inFile, count }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("indent"), ...inFile, count }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("move"), ...inFile, count, toFile: number, to: number }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rename"), file: number }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("newFile"), texts }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rebase"), ...inFile, texts }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("squash") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pushBack"), to: number }) },
);
const pushed = fc.array(edit, { minLength: 1, maxLength: 5, size: "max" });
const history = fc.array(pushed, { minLength: 2, maxLength: 7, size: "max" });

async function diffsOf(pushes: readonly (readonly Edit[])[]) {
  return await git.diffs(playHistory(pushes));
}

/** The same numbers for the same seed. */
function drawFrom(start: number): Draw {
  let state = start + 1;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

function counts(texts: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...Map.groupBy(texts, (text) => text)].map(([text, same]) => [text, same.length]));
}

const isSaid = ({ disposition }: PlayedReview["decided"]["findings"][number]) =>
  disposition === "inline" || disposition === "summary";
const isOpen = (finding: PlayedReview["decided"]["findings"][number]) =>
  isSaid(finding) || finding.disposition === "repeated";
/** Both reviewers put the marked line into the body. */
const markOf = ({ body }: { readonly body: string }) => body;

/** How often each mark is added more, or less, than at the push before. */
function surplus(more: readonly string[], less: readonly string[]): ReadonlyMap<string, number> {
  const fewer = counts(less);
  const entries = [...counts(more)].map(([text, times]) => [text, times - (fewer.get(text) ?? 0)] as const);
  return new Map(entries.filter(([, times]) => times > 0));
}

describe.each<[string, TestReviewer]>([
  ["by a rule", byRule],
  ["in words that vary", inProse],
])("what is found %s", (_, reviewer) => {
  test(
    `is said when its line is added and never again while it stays, whatever is moved, renamed or rebased (seed ${seed})`,
    async () => {
      await fc.assert(
        fc.asyncProperty(history, number, async (pushes, drawn) => {
          const draw = drawFrom(drawn);
          const played = playReviews(await diffsOf(pushes), (files) => [reviewer(files, draw, () => true)]);
          let before: readonly string[] = [];
          for (const { files, decided } of played) {
            const now = marksIn(files);
            expect(counts(decided.findings.filter(isSaid).map(markOf))).toEqual(surplus(now, before));
            expect(counts(decided.findings.filter(isOpen).map(markOf))).toEqual(counts(now));
            expect(counts(decided.gone.map(({ origin }) => markOf(origin)))).toEqual(surplus(before, now));
            before = now;
          }
        }),
        { seed, numRuns },
      );
    },
    timeoutMs,
  );
});

/** Each mark once, so that it is known which one is which. */
const withoutCopies = history.map((pushes) =>
  pushes.map((edits) => edits.filter(({ kind }) => kind !== "copyMark")),
);

describe("a mark there is only one of", () => {
  test(
    `keeps its origin until it is gone (seed ${seed})`,
    async () => {
      await fc.assert(
        fc.asyncProperty(withoutCopies, number, async (pushes, drawn) => {
          const draw = drawFrom(drawn);
          const played = playReviews(await diffsOf(pushes), (files) => [inProse(files, draw, () => true)]);
          let origins = new Map<string, string>();
          for (const { decided } of played) {
            const now = new Map(decided.findings.filter(isOpen).map((one) => [markOf(one), one.originId]));
            for (const [mark, originId] of now) expect(originId).toBe(origins.get(mark) ?? originId);
            origins = now;
          }
        }),
        { seed, numRuns },
      );
    },
    timeoutMs,
  );

  test(
    `in a file that is not read stays as it was, and is said when it is read (seed ${seed})`,
    async () => {
      await fc.assert(
        fc.asyncProperty(withoutCopies, number, async (pushes, drawn) => {
          const [draw, unread] = [drawFrom(drawn), drawFrom(drawn + 7)];
          const read: ReadonlySet<string>[] = [];
          const isReadAt = (push: number) => (path: string) => read[push]?.has(path) ?? false;
          const played = playReviews(await diffsOf(pushes), (files, push) => {
            read[push] = new Set(files.map(({ path }) => path).filter(() => unread(3) > 0));
            return [inProse(files, draw, isReadAt(push))];
          });
          for (const [push, { files, before, decided }] of played.entries()) {
            expectUnreadKept({ files, before, decided }, isReadAt(push));
          }
        }),
        { seed, numRuns },
      );
    },
    timeoutMs,
  );
});

function expectUnreadKept({ files, before, decided }: PlayedReview, isRead: (path: string) => boolean): void {
  const known = new Set(before.origins.filter(({ state }) => state === "open").map(markOf));
  const seen = new Set(marksIn(files, isRead));
  const there = new Set(marksIn(files));
  expect(new Set(decided.findings.filter(isSaid).map(markOf))).toEqual(seen.difference(known));
  const open = new Set(decided.findings.filter(isOpen).map(markOf));
  expect(open.isSupersetOf(known.intersection(there))).toBe(true);
  const gone = new Set(decided.gone.map(({ origin }) => markOf(origin)));
  expect(gone.isDisjointFrom(there)).toBe(true);
}

describe("a reviewer that overlooks things", () => {
  test(
    `says nothing anew about lines it has read, and takes nothing for gone from files that did not change (seed ${seed})`,
    async () => {
      await fc.assert(
        fc.asyncProperty(history, number, async (pushes, drawn) => {
          const draw = drawFrom(drawn);
          const diffs = await diffsOf(pushes.flatMap((edits) => [edits, [{ kind: "squash" }]]));
          const played = playReviews(diffs, (files) => [overlooking(files, draw)]);
          for (const [push, { decided, before }] of played.entries()) {
            if (push % 2 === 0) continue;
            expect(decided.findings.filter(isSaid)).toEqual([]);
            expect(decided.gone).toEqual([]);
            const open = before.origins.filter(({ state }) => state === "open").length;
            expect(decided.findings.filter(isOpen).length).toBeGreaterThanOrEqual(open);
          }
          for (const { before, decided, files } of played) expectNewIsChanged(files, before, decided);
        }),
        { seed, numRuns },
      );
    },
    timeoutMs,
  );
});

/** One of three marks it does not see. */
function overlooking(files: readonly FileDiff[], draw: Draw) {
  const { reviewer, review } = inProse(files, draw, () => true);
  return { reviewer, review: { ...review, findings: review.findings.filter(() => draw(3) > 0) } };
}

function expectNewIsChanged(
  files: readonly FileDiff[],
  { origins }: PlayedReview["before"],
  { findings }: PlayedReview["decided"],
): void {
  const open = counts(origins.filter(({ state }) => state === "open").map(markOf));
  const there = counts(marksIn(files));
  const said = counts(findings.filter(isSaid).map(markOf));
  for (const [mark, times] of said)
    expect((open.get(mark) ?? 0) + times).toBeLessThanOrEqual(there.get(mark) ?? 0);
}
