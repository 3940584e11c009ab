import { expect, test } from "bun:test";
import { InstallationUnavailableError } from "../../../../src/adapters/forge/forge.ts";
import { openShop } from "./open-shop.ts";
import { connectTo, failureOf, startScriptedGitHub } from "./scripted-github.ts";

test("the App knows its own account, and asks for it once", async () => {
  await using shop = await openShop();
  const { forge, hub } = shop;
  const accounts = await Promise.all([forge.ownAccount(), forge.ownAccount()]);
  for (const account of accounts)
    expect(account).toEqual({ id: hub.app.botId, login: hub.app.botLogin, isBot: true });
  expect(hub.ledger.count("GET /users/{username}")).toBe(1);
});

test("a failure to learn its account is not kept", async () => {
  await using shop = await openShop();
  const { forge, hub } = shop;
  hub.fail("GET /app", { status: 404, body: { message: "Not Found" } });
  expect(await failureOf(forge.ownAccount())).toMatchObject({ code: "not_found" });
  expect(await forge.ownAccount()).toMatchObject({ id: hub.app.botId });
});

test("an installation that refuses does not keep the App from knowing its account", async () => {
  await using shop = await openShop();
  const { forge, hub } = shop;
  await hub.createRepository({ owner: "ann", ownerKind: "user", name: "notes" });
  const body = { message: "your IP address is not permitted to access this resource" };
  hub.fail("GET /users/{username}", { status: 403, body, times: 1 });
  expect(await forge.ownAccount()).toMatchObject({ id: hub.app.botId });
  expect(hub.ledger.count("GET /users/{username}")).toBe(2);
});

test("where every installation refuses, the account is not known for that reason", async () => {
  await using shop = await openShop();
  const { forge, hub } = shop;
  hub.fail("GET /users/{username}", { status: 403, body: { message: "not permitted" }, times: 1 });
  expect(await failureOf(forge.ownAccount())).toMatchObject({ code: "forbidden" });
});

test("installations and their repositories", async () => {
  await using shop = await openShop();
  const { forge, hub, ref } = shop;
  await hub.createRepository({ owner: "ann", ownerKind: "user", name: "notes" });
  hub.installation("ann").suspend();
  const installations = await Array.fromAsync(forge.listInstallations());
  const byLogin = new Map(installations.map((installation) => [installation.account.login, installation]));
  expect(byLogin.get("acme")).toMatchObject({
    id: ref.installationId,
    account: { kind: "organization", isBot: false },
    suspended: false,
    permissions: { contents: "read", pull_requests: "write" },
  });
  expect(byLogin.get("ann")).toMatchObject({ account: { kind: "user" }, suspended: true });
  const repositories = await Array.fromAsync(forge.listInstallationRepositories(ref.installationId));
  expect(repositories).toEqual([
    { id: ref.repositoryId, fullName: "acme/shop", defaultBranch: "main", private: true, archived: false },
  ]);
});

test("a suspended and a deleted installation are told apart", async () => {
  await using shop = await openShop();
  const { forge, hub, ref, pull } = shop;
  await hub.createRepository({ owner: "ann", ownerKind: "user", name: "notes" });
  const deleted = { ...ref, installationId: hub.installation("ann").id };
  hub.installation("ann").delete();
  hub.installation("acme").suspend();
  for (const [repository, state] of [
    [ref, "suspended"],
    [deleted, "deleted"],
  ] as const) {
    const failure = await failureOf(forge.getPullRequest(repository, pull.number));
    expect(failure).toBeInstanceOf(InstallationUnavailableError);
    expect(failure).toMatchObject({ code: "forbidden", state });
  }
});

test("deliveries are listed newest first, over all pages, and sent again on request", async () => {
  await using shop = await openShop();
  const { forge, hub, pull } = shop;
  for (let i = 0; i < 110; i++) await pull.retitle(`Title ${i}`);
  const listed = await Array.fromAsync(forge.listDeliveries());
  expect(listed.length).toBeGreaterThan(110);
  expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
  const times = listed.map(({ deliveredAt }) => Date.parse(deliveredAt));
  expect(times).toEqual([...times].sort((a, b) => b - a));
  const [newest] = listed;
  expect(newest).toMatchObject({ event: "pull_request", succeeded: false });

  await forge.redeliver(newest?.id ?? "");
  const again = await Array.fromAsync(forge.listDeliveries());
  expect(again.filter(({ guid }) => guid === newest?.guid)).toHaveLength(2);
  expect(hub.ledger.count("POST /app/hook/deliveries/{delivery_id}/attempts")).toBe(1);
});

test("a delivery's id keeps all its digits", async () => {
  const id = "9223372036854775807";
  const delivery = `{"id": ${id}, "guid": "g", "event": "ping", "delivered_at": "2026-01-01T00:00:00Z", "status": "OK"}`;
  const headers = { "content-type": "application/json" };
  const github = startScriptedGitHub(({ method }) =>
    method === "GET" ? new Response(`[${delivery}]`, { headers }) : Response.json({}, { status: 202 }),
  );
  const { forge } = connectTo(github);
  expect(await Array.fromAsync(forge.listDeliveries())).toMatchObject([{ id, succeeded: true }]);
  await forge.redeliver(id);
  expect(github.calls.at(-1)?.path).toBe(`/api/v3/app/hook/deliveries/${id}/attempts`);
  await github.close();
});
