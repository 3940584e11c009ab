import { describe, expect, test } from "bun:test";
import type { PullRequestFacts } from "../../../src/adapters/forge/forge.ts";
import type { PullRequestChange } from "../../../src/domain/delivery/delivery-event.ts";
import { mergeFacts } from "../../../src/domain/delivery/merge-facts.ts";
import { commit, second } from "./payloads.ts";

const stored: PullRequestFacts = {
  number: 7,
  title: "Add cart",
  state: "open",
  merged: false,
  draft: false,
  author: null,
  fromFork: false,
  labels: ["bug"],
  headSha: commit("c"),
  baseRef: "main",
  baseSha: commit("b"),
  updatedAt: second(5),
  closedAt: null,
};

function merge(change: PullRequestChange, facts: Partial<PullRequestFacts>, before = stored) {
  return mergeFacts(before, { change, facts: { ...before, ...facts } });
}

const push = (before: string): PullRequestChange => ({ action: "synchronize", before });

describe("by time", () => {
  test("a later event brings all its facts", () => {
    const facts = { headSha: commit("d"), draft: true, labels: [], updatedAt: second(6) };
    expect(merge(push(commit("c")), facts)).toEqual({ ...stored, ...facts });
  });

  test("an earlier event changes nothing, not even where it continues from the stored head", () => {
    expect(merge(push(commit("c")), { headSha: commit("d"), updatedAt: second(4) })).toBeNull();
    expect(merge({ action: "closed" }, { state: "closed", updatedAt: second(4) })).toBeNull();
  });

  test("times are compared as times, whatever their zone", () => {
    expect(merge({ action: "closed" }, { updatedAt: "2026-03-01T12:00:04+02:00" })).toBeNull();
    expect(merge({ action: "closed" }, { updatedAt: "2026-03-01T12:00:06+02:00" })).not.toBeNull();
  });
});

describe("within one second", () => {
  test("a push that continues from the stored head is newer", () => {
    expect(merge(push(commit("c")), { headSha: commit("d") })?.headSha).toBe(commit("d"));
  });

  test("a push that led up to the stored head is older", () => {
    expect(merge(push(commit("a")), { headSha: commit("e") })).toBeNull();
  });

  test("two quick pushes end at the same head in either order", () => {
    const start = { ...stored, headSha: commit("a"), updatedAt: second(4) };
    const first = { change: push(commit("a")), facts: { ...stored, headSha: commit("e") } };
    const last = { change: push(commit("e")), facts: { ...stored, headSha: commit("f") } };
    const apply = (facts: PullRequestFacts, event: typeof first) => mergeFacts(facts, event) ?? facts;
    expect(apply(apply(start, first), last).headSha).toBe(commit("f"));
    expect(apply(apply(start, last), first).headSha).toBe(commit("f"));
  });

  test("a push's snapshot undoes neither a draft made ready nor another base", () => {
    const merged = merge(push(commit("c")), { headSha: commit("d"), draft: true, baseRef: "old" });
    expect(merged).toMatchObject({ headSha: commit("d"), draft: false, baseRef: "main" });
  });

  test("an opening after a push is older", () => {
    expect(merge({ action: "opened" }, { headSha: commit("a") })).toBeNull();
  });

  test("another base counts where it leaves the stored one", () => {
    const edited = (formerBaseRef: string | null) => ({ action: "edited", formerBaseRef }) as const;
    expect(merge(edited("main"), { baseRef: "release" })?.baseRef).toBe("release");
    expect(merge(edited("older"), { baseRef: "release" })).toBeNull();
  });

  test("labels are added and removed one by one", () => {
    const labeled = merge({ action: "labeled", label: "ready" }, { labels: ["ready"] });
    expect(labeled?.labels).toEqual(["bug", "ready"]);
    const unlabeled = merge({ action: "unlabeled", label: "bug" }, { labels: ["bug", "ready"] });
    expect(unlabeled?.labels).toEqual([]);
  });

  test("closing keeps the head; a push after it opens nothing", () => {
    const closed = merge({ action: "closed" }, { state: "closed", merged: true, headSha: commit("a") });
    expect(closed).toMatchObject({ state: "closed", merged: true, headSha: commit("c") });
    if (!closed) throw new Error("closing is never older within its second");
    expect(merge(push(commit("c")), { headSha: commit("d"), state: "open" }, closed)?.state).toBe("closed");
  });

  test("reopening takes the head over that was pushed meanwhile", () => {
    const closed = { ...stored, state: "closed" } as const;
    const facts = { state: "open", headSha: commit("d") } as const;
    expect(merge({ action: "reopened" }, facts, closed)).toMatchObject(facts);
    expect(merge({ action: "reopened" }, facts)).toEqual(stored);
  });
});
