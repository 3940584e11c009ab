import { afterAll, describe, expect, test } from "bun:test";
import Ajv from "ajv/dist/2020.js";
import { eq, sql } from "drizzle-orm";
import { repositories, repositoryConfigurations, tasks } from "../../../src/adapters/postgres/schema.ts";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { defaultConfiguration } from "../../../src/domain/configuration/configuration.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";
import { startApi } from "./api-client.ts";

const api = await startApi();
const { db } = api;
afterAll(() => api.close());
const reader = await api.createToken(["review:read"]);
const operator = await api.createToken(["settings:write"]);

async function seedRepository() {
  const ownerId = await seedOwner(db);
  const { repositoryId, ...pullRequest } = await seedPullRequest(db, ownerId);
  await db.update(repositories).set({ defaultBranch: "main" }).where(eq(repositories.id, repositoryId));
  return { ownerId, repositoryId, pullRequest: { ...pullRequest, repositoryId } };
}

const setOwner = (id: string, review: object) =>
  api.request("PATCH", `/owners/${id}/settings`, {
    headers: { authorization: `Bearer ${operator}`, "content-type": "application/json" },
    body: JSON.stringify({ review }),
  });

describe("what a repository's pull requests are reviewed by", () => {
  test("is told for each setting with where it is from, also before anything was read", async () => {
    const { ownerId, repositoryId } = await seedRepository();
    await setOwner(ownerId, { bots: true, comment_budget: 5 });
    const path = `/repositories/${repositoryId}/configuration`;
    const { body } = await api.get(path, reader);
    expect(body).toMatchObject({ base_ref: "main", commit_sha: null, read_at: null, stale: false });
    expect(body.settings).toMatchObject({
      bots: { value: true, origin: "owner" },
      drafts: { value: false, origin: "default" },
      reviewers: { value: null, origin: "default" },
    });
    const commitSha = "c".repeat(40);
    const settings = { comment_budget: 7, from_a_later_version: 1 };
    await db.insert(repositoryConfigurations).values({ repositoryId, baseRef: "next", commitSha, settings });
    const next = (await api.get(`${path}?base_ref=next`, reader)).body;
    expect(next).toMatchObject({ base_ref: "next", commit_sha: commitSha, stale: false });
    expect(next.settings.comment_budget).toEqual({ value: 7, origin: "repository" });
    expect(Object.keys(next.settings)).not.toContain("from_a_later_version");
    await db.update(repositoryConfigurations).set({ staleAt: sql`reviewd_now()` });
    expect((await api.get(`${path}?base_ref=next`, reader)).body.stale).toBe(true);
  });

  test("is not there for others, nor for ids that nothing has", async () => {
    const { ownerId, repositoryId } = await seedRepository();
    const own = await api.createToken(["review:read"], ownerId);
    const other = await api.createToken(["review:read"], await seedOwner(db));
    const statusOf = async (id: string, token: string) =>
      (await api.get(`/repositories/${id}/configuration`, token)).status;
    expect(await statusOf(repositoryId, own)).toBe(200);
    expect(await statusOf(repositoryId, other)).toBe(404);
    expect(await statusOf(Bun.randomUUIDv7(), reader)).toBe(404);
    expect(await statusOf("7", reader)).toBe(404);
    expect(await statusOf(repositoryId, operator)).toBe(403);
  });

  test("needs a branch where the default one is not known", async () => {
    const { repositoryId } = await seedRepository();
    await db.update(repositories).set({ defaultBranch: null }).where(eq(repositories.id, repositoryId));
    expect((await api.get(`/repositories/${repositoryId}/configuration`, reader)).status).toBe(400);
  });
});

test("what a task went by is told as it was stored", async () => {
  const { pullRequest } = await seedRepository();
  const { id } = await insertTask(db, newTask(pullRequest));
  const path = `/tasks/${id}/configuration`;
  expect((await api.get(path, reader)).status).toBe(404);
  const values = { ...defaultConfiguration(true), drafts: true };
  const problems = [{ line: 3, message: "drafts: no" }];
  const warnings = [{ line: null, message: "disabled_rules: no" }];
  const config = {
    values,
    origins: { drafts: "repository" },
    path: ".reviewd.yml",
    commitSha: "c".repeat(40),
    problems,
    warnings,
  };
  await db.update(tasks).set({ config }).where(eq(tasks.id, id));
  const { body } = await api.get(path, reader);
  expect(body).toMatchObject({
    task_id: id,
    path: ".reviewd.yml",
    commit_sha: "c".repeat(40),
    problems,
    warnings,
    guidance: null,
  });
  expect(body.settings.drafts).toEqual({ value: true, origin: "repository" });
  expect(body.settings.bots).toEqual({ value: false, origin: "default" });
});

describe("an owner's review settings", () => {
  test("are replaced as a whole, and shown", async () => {
    const id = await seedOwner(db);
    expect((await setOwner(id, { drafts: true, forks: "members" })).body.review).toEqual({
      drafts: true,
      forks: "members",
    });
    expect((await setOwner(id, { gate: "high" })).body.review).toEqual({ gate: "high" });
    expect((await api.get(`/owners/${id}/settings`, reader)).body).toMatchObject({
      review: { gate: "high" },
      plan: "active",
    });
  });

  test("are taken with a rule that is not there, and it is told", async () => {
    const review = { disabled_rules: ["python/eval", "python/evil"] };
    const { status, body } = await setOwner(await seedOwner(db), review);
    const warnings = ['disabled_rules: there is no rule "python/evil"; did you mean "python/eval"?'];
    expect([status, body]).toMatchObject([200, { review, warnings }]);
  });

  test.each([
    [{ draft: true }, "draft"],
    [{ comment_budget: 26 }, "review.comment_budget"],
    [{ instructions: [{ paths: [3], text: "x" }] }, "review.instructions[0].paths[0]"],
  ])("%j is refused, with the place", async (review, place) => {
    const { status, body } = await setOwner(await seedOwner(db), review);
    expect([status, body.code]).toEqual([400, "invalid_input"]);
    expect(body.detail).toContain(place);
  });
});

describe("the schema of .reviewd.yml", () => {
  const read = async () => await fetch(`${api.url}/schema/reviewd.json`);

  test("is there for everybody and every editor, as it was", async () => {
    const response = await read();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toStartWith("application/schema+json");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(await response.json()).toMatchSnapshot();
  });

  test("takes its own examples and defaults, and no unknown name", async () => {
    const schema = (await (await read()).json()) as {
      properties: Record<string, { default?: unknown; examples?: unknown[]; description?: string }>;
    };
    const validate = new Ajv({ strict: false }).compile(schema);
    for (const [name, property] of Object.entries(schema.properties)) {
      expect(property.description).toBeString();
      for (const value of [property.default, ...(property.examples ?? [])]) {
        if (value !== undefined)
          expect([name, value, validate({ [name]: value })]).toEqual([name, value, true]);
      }
    }
    expect(validate({})).toBe(true);
    expect(validate({ draft: true })).toBe(false);
    expect(validate({ disabled_rules: ["python/eval"] })).toBe(true);
    expect(validate({ disabled_rules: ["python/evil"] })).toBe(false);
    expect(validate({ disabled_rules: ["secrets/private-key"] })).toBe(false);
    expect(validate({ instructions: [{ text: "x" }] })).toBe(true);
    expect(validate({ instructions: [{ paths: [] }] })).toBe(false);
  });
});
