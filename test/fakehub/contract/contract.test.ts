import { describe, expect, test } from "bun:test";
import { permissions } from "../permissions.ts";
import { answerProblem, description, requestProblems } from "./contract.ts";
import examples from "./examples.json";
import { type Operation, operations } from "./operations.ts";

const reviews = "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
const pullPath = { owner: "acme", repo: "shop", pull_number: "1" };
const query = new URLSearchParams();
const version = "2022-11-28";

/** Examples GitHub publishes that do not fit GitHub's own schemas: they lack what the schemas require. */
const lacking: Readonly<Record<string, string>> = {
  "GET /repos/{owner}/{repo}": "language",
  "GET /repos/{owner}/{repo}/collaborators/{username}/permission": "role_name",
  "GET /repos/{owner}/{repo}/commits/{ref}": "contents_url",
  "GET /repos/{owner}/{repo}/pulls": "type",
  "GET /repos/{owner}/{repo}/pulls/{pull_number}": "type",
};

describe("GitHub's own examples", () => {
  const published = Object.entries(examples).flatMap(([operation, byStatus]) =>
    typeof byStatus === "string"
      ? []
      : Object.entries(byStatus).map(
          ([status, body]) => [operation as Operation, Number(status), body] as const,
        ),
  );

  test("are there for most operations", () => {
    expect(published.length).toBeGreaterThan(45);
  });

  test.each(published)("of %s %d pass", (operation, status, body) => {
    const missing = lacking[operation];
    const problem = answerProblem(operation, status, body);
    if (missing === undefined) expect(problem).toBeNull();
    else expect(problem).toContain(`must have required property '${missing}'`);
  });
});

describe("a request", () => {
  const comment = { path: "a.ts", line: 1, side: "RIGHT", body: "why?" };

  test("as GitHub describes it passes", () => {
    const body = { commit_id: "0".repeat(40), event: "COMMENT", body: "Look", comments: [comment] };
    expect(requestProblems(reviews, { parameters: pullPath, query, version, body })).toEqual([]);
  });

  test.each([
    ["a property of another endpoint", { comments: [{ ...comment, subject_type: "line" }] }, "subject_type"],
    ["a property nobody knows", { boby: "Look" }, "boby"],
    ["a value that is not offered", { event: "NOPE" }, '["APPROVE","REQUEST_CHANGES","COMMENT"]'],
    ["a value of the wrong type", { comments: [{ ...comment, line: "1" }] }, "must be integer"],
    ["a comment without a path", { comments: [{ body: "why?" }] }, "required property 'path'"],
  ])("with %s does not", (_, body, words) => {
    const problems = requestProblems(reviews, { parameters: pullPath, query, version, body });
    expect(problems.join()).toContain(words);
  });

  test("is closed in depth, also where GitHub offers alternatives", () => {
    const operation = "POST /repos/{owner}/{repo}/check-runs";
    const parameters = { owner: "acme", repo: "shop" };
    const run = { name: "reviewd", head_sha: "0".repeat(40), status: "in_progress" };
    const problemsOf = (body: unknown) =>
      requestProblems(operation, { parameters, query, version, body }).join();
    expect(problemsOf({ ...run, output: { title: "t", summary: "s" } })).toBe("");
    expect(problemsOf({ ...run, output: { title: "t", summary: "s", txt: "x" } })).toContain("txt");
    expect(problemsOf({ ...run, state: "queued" })).toContain("state");
    expect(problemsOf({ ...run, output: { title: "t", summary: "x".repeat(65_536) } })).toContain("65535");
  });

  test("may not name a query parameter the endpoint does not have, nor a value it does not take", () => {
    const list = "GET /repos/{owner}/{repo}/pulls";
    const parameters = { owner: "acme", repo: "shop" };
    const problemsOf = (text: string) =>
      requestProblems(list, { parameters, query: new URLSearchParams(text), version, body: undefined });
    expect(problemsOf("state=all&per_page=100&page=2")).toEqual([]);
    expect(problemsOf("since=2026-01-01T00:00:00Z").join()).toContain("since");
    expect(problemsOf("state=opened").join()).toContain("state=opened");
    expect(problemsOf("per_page=many").join()).toContain("per_page=many");
  });

  test("is of the version described here", () => {
    const problemsOf = (of: string | null) =>
      requestProblems("GET /app", { parameters: {}, query, version: of, body: undefined });
    expect(problemsOf(null)).toEqual([]);
    expect(problemsOf("2026-03-10").join()).toContain("2026-03-10");
  });

  test("has no body where none is described", () => {
    const get = "GET /app";
    expect(requestProblems(get, { parameters: {}, query, version, body: {} })).toEqual([
      "the endpoint takes no body",
    ]);
  });
});

describe("an answer", () => {
  test("has a status the endpoint has, or one of those GitHub gives everywhere", () => {
    const app = "GET /app";
    expect(answerProblem(app, 401, { message: "Bad credentials" })).toBeNull();
    expect(answerProblem(app, 201, {})).toContain("status 201");
    expect(answerProblem(app, 406, {})).toContain("status 406");
  });

  test("may be null only where GitHub's is", () => {
    const comments = "GET /repos/{owner}/{repo}/pulls/{pull_number}/comments";
    const [example] = examples[comments]["200"];
    expect(answerProblem(comments, 200, [{ ...example, line: null, position: null }])).toBeNull();
    expect(answerProblem(comments, 200, [{ ...example, path: null }])).toContain("path");
  });
});

test("what GitHub's description does not open to Apps wants the App's JWT, or is closed", () => {
  const notForApps = operations.filter(
    (operation) => !description(operation)["x-github"].enabledForGitHubApps,
  );
  expect(notForApps.length).toBeGreaterThan(0);
  expect(
    notForApps.filter((operation) => !["app", "nobody"].includes(String(permissions[operation]))),
  ).toEqual([]);
});
