import { afterAll, describe, expect, test } from "bun:test";
import { insertTask } from "../../../src/adapters/postgres/tasks.ts";
import { newTask, seedOwner, seedPullRequest } from "../../support/seed.ts";
import { startApi } from "./api-client.ts";

const api = await startApi();
const { db } = api;
afterAll(() => api.close());

const operator = await api.createToken(["settings:write", "review:read"]);

function patch(id: string, body: unknown, token = operator) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return api.request("PATCH", `/owners/${id}/settings`, { headers, body: text });
}

const get = (id: string, token = operator) => api.get(`/owners/${id}/settings`, token);

test("an owner's settings are read and changed, one or several at a time", async () => {
  const id = await seedOwner(db, 4);
  const before = await get(id);
  expect(before.status).toBe(200);
  expect(before.body).toMatchObject({ owner: { id }, plan: "active", max_running: 4, weight: 1 });

  expect((await patch(id, { weight: 3 })).body).toEqual({ ...before.body, weight: 3 });
  const after = await patch(id, { max_running: 1, plan: "blocked" });
  expect(after.status).toBe(200);
  expect(after.body).toEqual({ ...before.body, weight: 3, max_running: 1, plan: "blocked" });
  expect((await get(id)).body).toEqual(after.body);
});

test("a plan that is blocked has ended the owner's work when the answer comes", async () => {
  const ownerId = await seedOwner(db);
  const { id } = await insertTask(db, newTask(await seedPullRequest(db, ownerId)));
  await patch(ownerId, { plan: "blocked" });
  const { body } = await api.get(`/tasks/${id}`, operator);
  expect([body.status, body.reason]).toEqual(["cancelled", "plan_blocked"]);
});

describe("who may", () => {
  test("a token bound to an owner reads its own settings, and changes how it is reviewed", async () => {
    const id = await seedOwner(db);
    const token = await api.createToken(["review:read", "settings:write"], id);
    const before = (await get(id, token)).body;
    expect((await get(id.toUpperCase(), token)).body).toEqual(before);
    const review = { gate: "critical" };
    const { status, body } = await patch(id, { review }, token);
    expect([status, body]).toEqual([200, { ...before, review }]);
    expect((await get(id)).body).toEqual(body);
  });

  test.each([
    ["plan", { plan: "active" }],
    ["max_running", { max_running: 9 }],
    ["weight", { weight: 2 }],
    ["plan, weight", { plan: "active", review: { gate: "low" }, weight: 2 }],
  ])("a token bound to an owner does not change its %s, nor anything beside", async (names, changes) => {
    const id = await seedOwner(db);
    const before = (await get(id)).body;
    const { status, body } = await patch(id, changes, await api.createToken(["settings:write"], id));
    expect([status, body.code]).toEqual([403, "forbidden"]);
    expect(body.detail).toBe(
      `the token is bound to an owner and may change review alone; ${names} wants one of the whole instance`,
    );
    expect((await get(id)).body).toEqual(before);
  });

  test("another owner's settings are not found by a token bound to an owner, whatever it wants with them", async () => {
    const [mine, other] = [await seedOwner(db), await seedOwner(db)];
    const token = await api.createToken(["review:read", "settings:write", "admin"], mine);
    const before = (await get(other)).body;
    expect((await get(other, token)).status).toBe(404);
    for (const changes of [{ review: { gate: "low" } }, { plan: "blocked" }]) {
      expect((await patch(other, changes, token)).status).toBe(404);
    }
    expect((await get(other)).body).toEqual(before);
  });

  test.each([
    [["review:read"], 200, 403],
    [["admin"], 200, 403],
    [["settings:write"], 403, 200],
    [["review:write", "catalog:write"], 403, 403],
  ] as const)("with the scopes %j: reading %d, changing %d", async (scopes, reads, changes) => {
    const id = await seedOwner(db);
    const token = await api.createToken(scopes);
    expect([(await get(id, token)).status, (await patch(id, { weight: 2 }, token)).status]).toEqual([
      reads,
      changes,
    ]);
  });

  test("nobody without a token", async () => {
    expect((await api.request("GET", `/owners/${await seedOwner(db)}/settings`)).status).toBe(401);
  });
});

test.each([
  ["nothing", {}],
  ["no object", []],
  ["no JSON", "{"],
  ["an unknown setting", { max_runing: 1 }],
  ["no such plan", { plan: "gold" }],
  ["none at once", { max_running: 0 }],
  ["less than none", { max_running: -1 }],
  ["too many", { max_running: 1_001 }],
  ["half a task", { max_running: 1.5 }],
  ["no weight", { weight: 0 }],
  ["too much weight", { weight: 1_001 }],
  ["a number in words", { weight: "2" }],
  ["null", { plan: null }],
])("%s is refused, and nothing is changed", async (_, body) => {
  const id = await seedOwner(db);
  const before = (await get(id)).body;
  const { status, body: answer } = await patch(id, body);
  expect([status, answer.code]).toEqual([400, "invalid_input"]);
  expect((await get(id)).body).toEqual(before);
});

test("what is not sent as JSON is refused with how to send it", async () => {
  const id = await seedOwner(db);
  const sent = { headers: { authorization: `Bearer ${operator}` }, body: '{"weight":2}' };
  const { status, body } = await api.request("PATCH", `/owners/${id}/settings`, sent);
  expect([status, body.code]).toEqual([415, "unsupported_media_type"]);
  expect(body.detail).toBe("send the body as JSON, with the header Content-Type: application/json");
});

test("none at once is refused with what to do instead, since its reviews would wait without a word", async () => {
  const { body } = await patch(await seedOwner(db), { max_running: 0 });
  expect(body.detail).toContain("max_running");
  expect(body.detail).toContain("sets plan to blocked");
});

test("an owner that is not there is not found", async () => {
  for (const id of [Bun.randomUUIDv7(), "1", "%00", "acme"]) {
    expect((await get(id)).status).toBe(404);
    expect((await patch(id, { weight: 2 })).status).toBe(404);
  }
});
