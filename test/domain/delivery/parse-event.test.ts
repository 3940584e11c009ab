import { describe, expect, test } from "bun:test";
import examples from "@octokit/webhooks-examples" with { type: "json" };
import { parseEvent } from "../../../src/domain/delivery/parse-event.ts";
import { ReviewdError } from "../../../src/errors.ts";
import { commit, installationPayload, newPlace, pullRequestPayload, repositoryPart } from "./payloads.ts";

const used = [
  "pull_request",
  "issue_comment",
  "pull_request_review",
  "pull_request_review_comment",
  "pull_request_review_thread",
  "check_run",
  "check_suite",
  "installation",
  "installation_repositories",
  "installation_target",
  "repository",
  "push",
] as const;

/** What a payload is taken for: a kind of event, or `refused`. */
function kindOf(name: string, payload: object): string {
  try {
    return parseEvent(name, payload).kind;
  } catch (error) {
    if (error instanceof ReviewdError && error.code === "invalid_input") return "refused";
    throw error;
  }
}

describe("GitHub's own examples", () => {
  const all = examples.flatMap(({ name, examples: payloads }) =>
    payloads.map((payload: object) => ({ name, payload })),
  );

  test("there are some of every event that is used", () => {
    const missing = used.filter((name) => !examples.some((example) => example.name === name));
    expect(missing).toEqual(["installation_target"]);
  });

  test("none is refused under its own name", () => {
    const refused = all.filter(({ name, payload }) => kindOf(name, payload) === "refused");
    expect(refused.map(({ name }) => name)).toEqual([]);
  });

  test("under another event's name, which anybody could put into the header, none does anything", () => {
    const acted = all.flatMap(({ name, payload }) =>
      used
        .filter((other) => other !== name && !["none", "refused"].includes(kindOf(other, payload)))
        .map((other) => `${name} taken for ${other}`),
    );
    expect([...new Set(acted)]).toEqual([]);
  });
});

describe("a pull request", () => {
  const place = newPlace();

  test("is told in our words", () => {
    const payload = pullRequestPayload(place, {
      action: "synchronize",
      before: commit("0"),
      labels: ["bug"],
    });
    expect(parseEvent("pull_request", payload)).toMatchObject({
      kind: "pull_request",
      place: { repository: { id: place.repositoryId, fullName: place.fullName } },
      change: { action: "synchronize", before: commit("0") },
      facts: { number: 7, headSha: commit("a"), baseRef: "main", labels: ["bug"], fromFork: false },
    });
  });

  test("of a deleted fork or by a deleted account is one all the same", () => {
    const payload = pullRequestPayload(place, { action: "opened" });
    const { pull_request: pull } = payload;
    const ghost = { ...pull, user: null, head: { ...pull.head, repo: null } };
    expect(parseEvent("pull_request", { ...payload, pull_request: ghost })).toMatchObject({
      facts: { author: null, fromFork: true },
    });
  });

  test("has its null characters cut out, which Postgres cannot store", () => {
    const payload = pullRequestPayload(place, { action: "opened" });
    const title = "Add\0 cart";
    const event = parseEvent("pull_request", {
      ...payload,
      pull_request: { ...payload.pull_request, title },
    });
    expect(event).toMatchObject({ facts: { title: "Add cart" } });
  });

  test.each([
    ["a head that is no commit id", { head: { sha: "--upload-pack=x", repo: null } }],
    ["a number Postgres cannot store", { number: 2 ** 31 }],
    ["a time that is none", { updated_at: "yesterday" }],
    ["a time before any Postgres knows", { updated_at: "0000-01-01T00:00:00Z" }],
    ["a time in the year 10000", { closed_at: "9999-12-31T23:59:59-12:00" }],
  ])("is refused with %s", (_, part) => {
    const payload = pullRequestPayload(place, { action: "opened" });
    const pull = { ...payload.pull_request, ...part };
    expect(kindOf("pull_request", { ...payload, pull_request: pull })).toBe("refused");
  });

  test("event of another kind still tells that something happened there", () => {
    const payload = pullRequestPayload(place, { action: "assigned" });
    expect(parseEvent("pull_request", payload)).toMatchObject({
      kind: "conversation",
      number: 7,
      outcome: { outcome: "ignored", reason: "action_not_used" },
    });
  });
});

describe("what bots say", () => {
  const place = newPlace();
  const sender = { login: "reviewd[bot]", type: "Bot" };
  const issue = { number: 7, pull_request: {} };

  test.each([
    ["issue_comment", { action: "created", issue, comment: { id: 1 } }],
    ["pull_request_review", { action: "submitted", pull_request: { number: 7 }, review: { id: 1 } }],
    ["pull_request_review_comment", { action: "created", pull_request: { number: 7 }, comment: { id: 1 } }],
    ["pull_request_review_thread", { action: "resolved", pull_request: { number: 7 }, thread: {} }],
    ["check_run", { action: "rerequested", check_run: { head_sha: commit("a") } }],
    ["check_suite", { action: "rerequested", check_suite: { head_sha: commit("a") } }],
  ])("%s is left out, so that no loop begins", (name, part) => {
    const payload = { ...part, ...repositoryPart(place) };
    expect(parseEvent(name, { ...payload, sender })).toEqual({
      kind: "none",
      outcome: { outcome: "ignored", reason: "bot", taskId: null },
    });
    expect(kindOf(name, { ...payload, sender: { login: "eve", type: "User" } })).not.toBe("none");
  });
});

test("a comment on an issue is not one on a pull request", () => {
  const payload = {
    action: "created",
    issue: { number: 7 },
    comment: { id: 1 },
    ...repositoryPart(newPlace()),
  };
  expect(parseEvent("issue_comment", payload)).toMatchObject({ outcome: { reason: "not_a_pull_request" } });
});

test("times of installations are whole seconds in old payloads", () => {
  const payload = installationPayload(newPlace(), "suspend");
  const old = { ...payload, installation: { ...payload.installation, updated_at: 1_772_359_200 } };
  expect(parseEvent("installation", old)).toMatchObject({
    status: "suspended",
    installation: { updatedAt: new Date("2026-03-01T10:00:00Z") },
  });
});

test("of an installation's permissions only words are taken, and its time must be one", () => {
  const payload = installationPayload(newPlace(), "created");
  const permissions = { contents: "read", "a\0b": "read", checks: "\ud800" };
  const event = parseEvent("installation", {
    ...payload,
    installation: { ...payload.installation, permissions },
  });
  expect(event).toMatchObject({ installation: { permissions: { contents: "read" } } });
  const endless = { ...payload.installation, updated_at: Number.MAX_SAFE_INTEGER };
  expect(kindOf("installation", { ...payload, installation: endless })).toBe("refused");
});

test("an event nobody knows is ignored, also one with a name of JavaScript's own", () => {
  for (const name of ["workflow_run", "made_up", "constructor", "__proto__"]) {
    expect(parseEvent(name, {})).toMatchObject({ outcome: { outcome: "ignored", reason: "event_not_used" } });
  }
});
