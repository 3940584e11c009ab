import { afterAll, describe, expect, test } from "bun:test";
import { newPlace, pullRequestPayload } from "../../domain/delivery/payloads.ts";
import { seedOwner } from "../../support/seed.ts";
import { startApi } from "./api-client.ts";

const api = await startApi();
afterAll(() => api.close());

const token = await api.createToken(["admin"]);

test("a delivery is found by the forge's id with what became of it", async () => {
  const place = newPlace();
  const body = JSON.stringify(pullRequestPayload(place, { action: "opened", draft: true }));
  await api.webhook(body, { "x-github-event": "pull_request", "x-github-delivery": "72d3162e-cc78" });
  const delivery = await api.get("/deliveries/72d3162e-cc78", token);
  expect(delivery.body).toMatchObject({
    ...{ id: "72d3162e-cc78", forge: "github", host: "github.test", event: "pull_request", action: "opened" },
    ...{ outcome: "skipped", reason: "draft", repository: place.fullName, pull_request_number: 7 },
  });
  expect(delivery.body.task_id).toBeString();
});

test.each(["none", "%F0%9F%A6%80"])("an unknown one is not: %s", async (id) => {
  expect((await api.get(`/deliveries/${id}`, token)).status).toBe(404);
});

test("an id that Postgres could not even compare is refused", async () => {
  expect((await api.get("/deliveries/%00", token)).status).toBe(400);
});

test("only administrators of the whole instance may see them", async () => {
  const reader = await api.createToken(["review:read"]);
  const ofOwner = await api.createToken(["admin"], await seedOwner(api.db));
  for (const refused of [reader, ofOwner]) {
    for (const path of ["/deliveries", "/deliveries/x"]) {
      expect((await api.get(path, refused)).status).toBe(403);
    }
  }
});

describe("the list", () => {
  test("is newest first, in pages that together hold each once, also of one moment", async () => {
    await Promise.all(
      Array.from({ length: 7 }, (_, i) =>
        api.webhook("{}", { "x-github-delivery": `page-${i}`, "x-github-event": "fork" }),
      ),
    );
    const seen: string[] = [];
    const times: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { body } = await api.get(`/deliveries?event=fork&limit=3${cursor && `&cursor=${cursor}`}`, token);
      for (const { id, received_at } of body.deliveries) {
        seen.push(id);
        times.push(received_at);
      }
      cursor = body.next_cursor;
    }
    expect(seen.toSorted()).toEqual(Array.from({ length: 7 }, (_, i) => `page-${i}`));
    expect(times).toEqual(times.toSorted().toReversed());
  });

  test("is filtered by outcome, event, repository and time", async () => {
    const place = newPlace();
    const body = JSON.stringify(pullRequestPayload(place, { action: "opened" }));
    await api.webhook(body, { "x-github-event": "pull_request", "x-github-delivery": "filtered" });
    const list = async (query: string) =>
      (await api.get(`/deliveries?${query}`, token)).body.deliveries.map(({ id }: { id: string }) => id);
    const repository = `repository=${encodeURIComponent(place.fullName.toUpperCase())}`;
    expect(await list(repository)).toEqual(["filtered"]);
    expect(await list("outcome=queued")).toEqual(["filtered"]);
    expect(await list(`${repository}&outcome=failed`)).toEqual([]);
    expect(await list(`${repository}&event=push`)).toEqual([]);
    expect(await list("since=2999-01-01T00:00:00Z")).toEqual([]);
  });

  test.each([
    "cursor=x",
    `cursor=${btoa('["2026-99-99T00:00:00.000000Z","x"]')}`,
    `cursor=${btoa('["2026-01-01T00:00:00.000000Z","\\u0000"]')}`,
    `cursor=${btoa('["0000-01-01T00:00:00.000000Z","x"]')}`,
    "since=9999-12-31T23:59:59-12:00",
    "outcome=lost",
    "event=%00",
  ])("refuses %s", async (query) => {
    expect((await api.get(`/deliveries?${query}`, token)).status).toBe(400);
  });
});
