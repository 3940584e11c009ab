import { afterAll, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { repositories } from "../../../src/adapters/postgres/schema.ts";
import { seedOwner, seedPullRequest } from "../../support/seed.ts";
import { startApi } from "./api-client.ts";

const api = await startApi();
const { db } = api;
afterAll(() => api.close());
const operator = await api.createToken(["settings:write"]);

async function seedRepository() {
  const ownerId = await seedOwner(db);
  const { repositoryId: id } = await seedPullRequest(db, ownerId);
  return { id, ownerId };
}

function patch(id: string, body: unknown, token = operator) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return api.request("PATCH", `/repositories/${id}/settings`, { headers, body: text });
}

const get = (id: string, token = operator) => api.get(`/repositories/${id}/settings`, token);

async function modeOf(id: string) {
  const [row] = await db.select().from(repositories).where(eq(repositories.id, id));
  return row?.reviewMode;
}

test("how a repository is reviewed is read and changed", async () => {
  const { id } = await seedRepository();
  const before = await get(id);
  expect(before).toMatchObject({ status: 200, body: { repository: { id }, review_mode: "on" } });
  for (const mode of ["dry_run", "label", "off", "on"] as const) {
    const changed = await patch(id, { review_mode: mode });
    expect([changed.status, changed.body]).toEqual([200, { ...before.body, review_mode: mode }]);
    expect([(await get(id)).body, await modeOf(id)]).toEqual([changed.body, mode]);
  }
});

describe("who may", () => {
  test("a token bound to an owner, for that owner's own; another's are not there", async () => {
    const [mine, other] = [await seedRepository(), await seedRepository()];
    const token = await api.createToken(["review:read", "settings:write"], mine.ownerId);
    expect((await get(mine.id, token)).status).toBe(200);
    expect((await patch(mine.id, { review_mode: "off" }, token)).body.review_mode).toBe("off");
    const foreign = await patch(other.id, { review_mode: "off" }, token);
    expect([(await get(other.id, token)).status, foreign.status]).toEqual([404, 404]);
    expect(await modeOf(other.id)).toBe("on");
    const { request_id: _, ...told } = foreign.body;
    for (const id of [Bun.randomUUIDv7(), "7"]) {
      expect((await patch(id, { review_mode: "off" }, token)).body).toMatchObject(told);
    }
  });

  test.each([
    [["review:read"], 200, 403],
    [["settings:write"], 200, 200],
    [["admin", "review:write", "catalog:write"], 403, 403],
  ] as const)("with the scopes %j: reading %d, changing %d", async (scopes, reads, changes) => {
    const { id } = await seedRepository();
    const token = await api.createToken(scopes);
    const statuses = [(await get(id, token)).status, (await patch(id, { review_mode: "off" }, token)).status];
    expect(statuses).toEqual([reads, changes]);
    expect(await modeOf(id)).toBe(changes === 200 ? "off" : "on");
  });

  test("nobody without a token", async () => {
    const { id } = await seedRepository();
    expect((await api.request("GET", `/repositories/${id}/settings`)).status).toBe(401);
  });
});

test.each([
  ["nothing", {}],
  ["no such mode", { review_mode: "sometimes" }],
  ["an unknown setting", { review_mode: "on", mode: "off" }],
  ["no JSON", "{"],
])("%s is refused", async (_, body) => {
  const { id } = await seedRepository();
  const answer = await patch(id, body);
  expect([answer.status, answer.body.code, await modeOf(id)]).toEqual([400, "invalid_input", "on"]);
});
