import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { verify } from "@octokit/webhooks-methods";
import { type Fakehub, startFakehub } from "../fakehub.ts";
import { callAsApp } from "../test-client.ts";
import { type Receiver, startReceiver } from "../test-receiver.ts";
import { openShop } from "../test-shop.ts";

let hub: Fakehub;
let receiver: Receiver;
beforeEach(async () => {
  hub = await startFakehub({ limits: { webhookMs: 200 } });
  receiver = startReceiver();
  hub.deliverTo(receiver.url);
});
afterEach(async () => {
  await receiver.stop();
  await hub.close();
});

describe("a delivery", () => {
  test("is signed and carries GitHub's headers and the installation", async () => {
    await openShop(hub);
    await hub.webhooks.settled();
    const [{ headers, body } = { headers: new Headers(), body: "" }] = receiver.received;
    expect(await verify(hub.webhookSecret, body, headers.get("x-hub-signature-256") ?? "")).toBe(true);
    expect(await verify("another secret", body, headers.get("x-hub-signature-256") ?? "")).toBe(false);
    expect(headers.get("x-github-event")).toBe("pull_request");
    expect(headers.get("x-github-delivery")).toBe(hub.webhooks.deliveries[0]?.guid ?? "none");
    expect(headers.get("x-github-hook-installation-target-id")).toBe(String(hub.app.id));
    expect(JSON.parse(body)).toMatchObject({
      action: "opened",
      number: 1,
      installation: { id: hub.installation("acme").id },
      sender: { login: "eve", type: "User" },
    });
  });

  test("of the App's own writes comes from a Bot", async () => {
    const { client, path } = await openShop(hub);
    await client.call("POST", `${path}/issues/1/comments`, { body: "Summary" });
    await hub.webhooks.settled();
    expect(JSON.parse(receiver.received.at(-1)?.body ?? "")).toMatchObject({
      action: "created",
      sender: { login: "reviewd[bot]", type: "Bot", id: hub.app.botId },
    });
  });

  test("keeps its GUID when it is sent again, and gets another id", async () => {
    await openShop(hub);
    await hub.webhooks.settled();
    const [sent] = hub.webhooks.deliveries;
    if (!sent) throw new Error("nothing was sent");
    await hub.webhooks.redeliver(sent.guid);
    await hub.webhooks.duplicate(sent.guid);
    expect(receiver.received.map(({ headers }) => headers.get("x-github-delivery"))).toEqual(
      Array(3).fill(sent.guid),
    );
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(hub.webhooks.deliveries.map(({ redelivery }) => redelivery)).toEqual([false, true, false]);
    expect(new Set(hub.webhooks.deliveries.map(({ id }) => id)).size).toBe(3);
  });

  test("fails for a bad answer, silence past the limit, and nobody there", async () => {
    const { pull } = await openShop(hub);
    await hub.webhooks.settled();
    receiver.answerWith(500);
    await pull.label("one");
    await hub.webhooks.settled();
    receiver.answerWith(null);
    await pull.label("two");
    await hub.webhooks.settled();
    await receiver.stop();
    await pull.label("three");
    await hub.webhooks.settled();
    hub.deliverTo(null);
    await pull.label("four");
    await hub.webhooks.settled();
    expect(hub.webhooks.deliveries.map(({ status, statusCode }) => [status, statusCode])).toEqual([
      ["OK", 202],
      ["Invalid HTTP Response: 500", 500],
      ["timed out", 0],
      ["failed to connect to host", 0],
      ["failed to connect to host", 0],
    ]);
  });

  test("is lost when nothing is delivered at the time it happens", async () => {
    hub.deliverTo(null);
    const { pull } = await openShop(hub);
    hub.deliverTo(receiver.url);
    await pull.push({ files: { "b.ts": "b\n" } });
    await hub.webhooks.settled();
    expect(receiver.received.map(({ body }) => JSON.parse(body).action)).toEqual(["synchronize"]);
  });

  test("is not made for what the App is not installed on, or while it is suspended", async () => {
    const alone = await hub.createRepository({ owner: "globex", name: "alone", installed: false });
    await alone.openPullRequest({ author: "eve", title: "x", branch: "x", files: { x: "x" } });
    const { pull } = await openShop(hub);
    hub.installation("acme").suspend();
    await pull.label("unheard");
    hub.installation("acme").unsuspend();
    await hub.webhooks.settled();
    const heard = hub.webhooks.deliveries.map(({ event, action }) => `${event}.${action}`);
    expect(heard).toEqual(["pull_request.opened", "installation.suspend", "installation.unsuspend"]);
  });
});

describe("held deliveries", () => {
  async function holdThree() {
    hub.webhooks.hold();
    const { pull } = await openShop(hub);
    await pull.push({ files: { "b.ts": "b\n" } });
    await pull.close();
    expect(receiver.received).toEqual([]);
    return hub.webhooks.held.map(({ guid }) => guid);
  }
  const actions = () => receiver.received.map(({ body }) => JSON.parse(body).action);

  test("come in the order they were made", async () => {
    await holdThree();
    await hub.webhooks.release({ order: "sent" });
    expect(actions()).toEqual(["opened", "synchronize", "closed"]);
  });

  test("or the other way round, and later ones at once again", async () => {
    await holdThree();
    await hub.webhooks.release({ order: "reversed" });
    hub.installation("acme").announce();
    await hub.webhooks.settled();
    expect(actions()).toEqual(["closed", "synchronize", "opened", "created"]);
  });

  test("or one by one, by name", async () => {
    const [opened = "", , closed = ""] = await holdThree();
    await hub.webhooks.release({ order: [closed, opened] });
    expect(actions()).toEqual(["closed", "opened"]);
    await hub.webhooks.release({ order: "sent" });
    expect(actions()).toEqual(["closed", "opened", "synchronize"]);
  });
});

describe("the App's list of deliveries", () => {
  test("is newest first and paged by a cursor", async () => {
    const { pull } = await openShop(hub);
    for (const name of ["a", "b", "c", "d"]) await pull.label(name);
    await hub.webhooks.settled();
    const ids: number[] = [];
    let next: string | undefined = "/app/hook/deliveries?per_page=2";
    while (next) {
      const page = await callAsApp(hub, "GET", next);
      ids.push(...page.body.map((delivery: { id: number }) => delivery.id));
      next = /<([^>]*)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1]?.replace(hub.apiUrl, "");
    }
    expect(ids).toEqual(hub.webhooks.deliveries.map(({ id }) => id).toReversed());
  });

  test("tells failures by their status code, which those without an answer do not have", async () => {
    const { pull } = await openShop(hub);
    receiver.answerWith(503);
    await pull.label("a");
    await hub.webhooks.settled();
    hub.deliverTo(null);
    await pull.label("b");
    await hub.webhooks.settled();
    const codes = async (query: string) =>
      (await callAsApp(hub, "GET", `/app/hook/deliveries${query}`)).body.map(
        (delivery: { status_code: number }) => delivery.status_code,
      );
    expect(await codes("")).toEqual([0, 503, 202]);
    expect(await codes("?status=failure")).toEqual([503]);
    expect(await codes("?status=success")).toEqual([202]);
  });

  test("forgets after three days", async () => {
    await openShop(hub);
    await hub.webhooks.settled();
    const list = async () => (await callAsApp(hub, "GET", "/app/hook/deliveries")).body;
    const dayMs = 24 * 3_600_000;
    hub.clock.advance(3 * dayMs - 60_000);
    expect(await list()).toHaveLength(1);
    hub.clock.advance(120_000);
    expect(await list()).toEqual([]);
  });

  test("shows what was sent and answered, and sends it again on request", async () => {
    receiver.answerWith(500);
    await openShop(hub);
    await hub.webhooks.settled();
    const [failed] = hub.webhooks.deliveries;
    if (!failed) throw new Error("nothing was sent");
    const one = await callAsApp(hub, "GET", `/app/hook/deliveries/${failed.id}`);
    expect(one.body).toMatchObject({
      guid: failed.guid,
      response: { payload: "noted" },
      request: { payload: { number: 1 } },
    });
    receiver.answerWith(202);
    expect((await callAsApp(hub, "POST", `/app/hook/deliveries/${failed.id}/attempts`)).status).toBe(202);
    await hub.webhooks.settled();
    expect(hub.webhooks.deliveries.at(-1)).toMatchObject({
      guid: failed.guid,
      redelivery: true,
      status: "OK",
    });
    expect((await callAsApp(hub, "GET", "/app/hook/deliveries/1")).status).toBe(404);
  });
});
