import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createPrivateKey, sign } from "node:crypto";
import { type Fakehub, startFakehub } from "./fakehub.ts";
import { callAsApp, clientWith, connect } from "./test-client.ts";
import { openShop } from "./test-shop.ts";

let hub: Fakehub;
beforeEach(async () => {
  hub = await startFakehub();
});
afterEach(() => hub.close());

const hourMs = 3_600_000;
const mintPath = () => `/app/installations/${hub.installation("acme").id}/access_tokens`;

describe("an installation token", () => {
  test.each([
    ["opaque", /^ghs_[A-Za-z0-9]{36}$/],
    ["stateless", /^ghs_1234_[\w-]+\.[\w-]+\.[\w-]+$/],
  ] as const)("of the %s form works, for an hour of fakehub's clock", async (tokenFormat, form) => {
    await hub.close();
    hub = await startFakehub({ tokenFormat });
    const { client, path } = await openShop(hub);
    expect(client.token).toMatch(form);
    if (tokenFormat === "stateless") expect(client.token.length).toBeGreaterThan(480);
    expect((await client.call("GET", path)).status).toBe(200);
    hub.clock.advance(hourMs - 60_000);
    expect((await client.call("GET", path)).status).toBe(200);
    hub.clock.advance(60_000);
    const late = await client.call("GET", path);
    expect([late.status, late.body.message]).toEqual([401, "Bad credentials"]);
  });

  test("says when it expires, by fakehub's clock", async () => {
    await openShop(hub);
    hub.clock.advance(5 * hourMs);
    const { status, body } = await callAsApp(hub, "POST", mintPath());
    expect(status).toBe(201);
    expect(Date.parse(body.expires_at) - hub.clock.nowMs()).toBeWithin(hourMs - 2_000, hourMs + 1);
  });

  test("narrowed to a repository sees no other private one", async () => {
    const { repository } = await openShop(hub);
    await hub.createRepository({ owner: "acme", name: "secret", private: true });
    const client = await connect(hub, "acme", { repository_ids: [repository.id] });
    expect((await client.call("GET", "/repos/acme/shop")).status).toBe(200);
    expect((await client.call("GET", "/repos/acme/secret")).status).toBe(404);
    const { body } = await client.call("GET", "/installation/repositories");
    expect(body).toMatchObject({ total_count: 1, repositories: [{ name: "shop" }] });
  });

  test("narrowed to permissions has no others", async () => {
    const { path, pull } = await openShop(hub);
    const client = await connect(hub, "acme", { permissions: { pull_requests: "read" } });
    expect((await client.call("GET", `${path}/pulls/${pull.number}`)).status).toBe(200);
    const review = await client.call("POST", `${path}/pulls/${pull.number}/reviews`, {
      event: "COMMENT",
      body: "x",
    });
    expect([review.status, review.body.message]).toEqual([403, "Resource not accessible by integration"]);
    expect((await client.call("GET", `${path}/contents/a.ts`)).status).toBe(403);
    expect(pull.reviews()).toEqual([]);
  });

  test("cannot be asked for what the installation does not have", async () => {
    await openShop(hub);
    for (const narrowing of [{ permissions: { actions: "write" } }, { repository_ids: [1] }])
      expect((await callAsApp(hub, "POST", mintPath(), narrowing)).status).toBe(422);
  });

  test("loses what the owner takes back", async () => {
    const { client, path } = await openShop(hub);
    hub.installation("acme").setPermissions({ metadata: "read", pull_requests: "read" });
    expect((await client.call("GET", `${path}/contents/a.ts`)).status).toBe(403);
    expect((await client.call("POST", `${path}/issues/1/comments`, { body: "x" })).status).toBe(403);
    expect((await client.call("GET", `${path}/pulls`)).status).toBe(200);
  });

  test("can be given back", async () => {
    const { client, path } = await openShop(hub);
    expect((await client.call("DELETE", "/installation/token")).status).toBe(204);
    expect((await client.call("GET", path)).status).toBe(401);
  });

  test("is of one account only", async () => {
    await openShop(hub);
    await hub.createRepository({ owner: "globex", name: "plans", private: true });
    const open = await hub.createRepository({
      owner: "globex",
      name: "open",
      private: false,
      files: { "a.ts": "1\n" },
    });
    const pull = await open.openPullRequest({
      author: "eve",
      title: "x",
      branch: "x",
      files: { "a.ts": "2\n" },
    });
    const client = await connect(hub, "acme");
    expect((await client.call("GET", "/repos/globex/plans")).status).toBe(404);
    expect((await client.call("GET", `/repos/globex/open/pulls/${pull.number}`)).status).toBe(200);
    const comment = await client.call("POST", `/repos/globex/open/issues/${pull.number}/comments`, {
      body: "x",
    });
    expect(comment.status).toBe(403);
  });
});

describe("an installation", () => {
  test("that is suspended mints nothing and stops its tokens, until it is not", async () => {
    const { client, path } = await openShop(hub);
    hub.installation("acme").suspend();
    for (const answer of [await callAsApp(hub, "POST", mintPath()), await client.call("GET", path)]) {
      expect([answer.status, answer.body.message]).toEqual([403, "This installation has been suspended"]);
    }
    const [shown] = (await callAsApp(hub, "GET", "/app/installations")).body;
    expect(shown.suspended_at).not.toBeNull();
    hub.installation("acme").unsuspend();
    expect((await client.call("GET", path)).status).toBe(200);
  });

  test("that was deleted does not exist", async () => {
    const { client, path } = await openShop(hub);
    const minting = mintPath();
    hub.installation("acme").delete();
    expect((await callAsApp(hub, "POST", minting)).status).toBe(404);
    expect((await client.call("GET", path)).status).toBe(401);
    expect((await callAsApp(hub, "GET", "/app/installations")).body).toEqual([]);
  });

  test("covers a repository until that is taken out", async () => {
    const { client, path, repository } = await openShop(hub);
    expect((await callAsApp(hub, "GET", `${path}/installation`)).body.id).toBe(hub.installation("acme").id);
    repository.setInstalled(false);
    expect((await client.call("GET", path)).status).toBe(404);
    expect((await callAsApp(hub, "GET", `${path}/installation`)).status).toBe(404);
  });
});

describe("the App", () => {
  test("sees itself, and nothing of a repository", async () => {
    await openShop(hub);
    expect((await callAsApp(hub, "GET", "/app")).body).toMatchObject({ id: hub.app.id, slug: hub.app.slug });
    expect((await callAsApp(hub, "GET", "/repos/acme/shop/pulls")).status).toBe(403);
  });

  test("must call its own endpoints with a JWT", async () => {
    const { client } = await openShop(hub);
    for (const path of ["/app", "/app/installations", "/app/hook/deliveries"])
      expect((await client.call("GET", path)).status).toBe(401);
  });

  const seconds = () => Math.floor(Date.now() / 1000);
  test.each([
    [
      "signed by another key",
      () => ({ iss: 1234, iat: seconds(), exp: seconds() + 60 }),
      "could not be decoded",
    ],
    ["of another App", () => ({ iss: 4321, iat: seconds(), exp: seconds() + 60 }), "Integration not found"],
    ["from the future", () => ({ iss: 1234, iat: seconds() + 90, exp: seconds() + 120 }), "('iat')"],
    ["that is over", () => ({ iss: 1234, iat: seconds() - 90, exp: seconds() - 30 }), "('exp')"],
    ["for too long", () => ({ iss: 1234, iat: seconds(), exp: seconds() + 700 }), "too far in the future"],
  ] as const)("is refused with a JWT %s", async (what, claims, words) => {
    const jwt = signJwt(claims(), what === "signed by another key");
    const { status, body } = await fetchApp(jwt);
    expect(status).toBe(what === "of another App" ? 404 : 401);
    expect(body.message).toContain(words);
  });

  function signJwt(claims: object, forged: boolean): string {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const signed = `${encode({ alg: "RS256", typ: "JWT" })}.${encode(claims)}`;
    const signature = sign("RSA-SHA256", Buffer.from(signed), createPrivateKey(hub.app.privateKey));
    if (forged) signature[0] = (signature[0] ?? 0) ^ 1;
    return `${signed}.${signature.toString("base64url")}`;
  }

  async function fetchApp(jwt: string) {
    const answer = await fetch(`${hub.apiUrl}/app`, { headers: { authorization: `Bearer ${jwt}` } });
    return { status: answer.status, body: (await answer.json()) as { message: string } };
  }
});

describe("a repository", () => {
  test("that is private does not exist for strangers, one that is public does", async () => {
    await openShop(hub);
    await hub.createRepository({ owner: "acme", name: "open" });
    const status = async (name: string) => (await fetch(`${hub.apiUrl}/repos/acme/${name}`)).status;
    expect([await status("shop"), await status("open"), await status("nothing")]).toEqual([404, 200, 404]);
  });

  test("that was renamed is found again by its number", async () => {
    const { client, repository, pull } = await openShop(hub);
    repository.rename("store");
    const moved = await client.call("GET", `/repos/acme/shop/pulls/${pull.number}`);
    expect(moved.status).toBe(301);
    const location = moved.headers.get("location") ?? "";
    expect(location).toBe(`${hub.apiUrl}/repositories/${repository.id}/pulls/${pull.number}`);
    const followed = await client.call("GET", location.replace(hub.apiUrl, ""));
    expect(followed.body.base.repo.full_name).toBe("acme/store");
    expect((await client.call("GET", `/repos/acme/store/pulls/${pull.number}`)).status).toBe(200);
  });

  test("tells what somebody may do with it", async () => {
    const { client, path, repository } = await openShop(hub);
    repository.setRole("mona", "maintain");
    hub.user("stranger");
    const asked = async (login: string) =>
      (await client.call("GET", `${path}/collaborators/${login}/permission`)).body;
    expect(await asked("eve")).toMatchObject({ permission: "write", role_name: "write" });
    expect(await asked("mona")).toMatchObject({ permission: "write", role_name: "maintain" });
    expect(await asked("stranger")).toMatchObject({ permission: "none" });
    expect((await client.call("GET", `${path}/collaborators/nobody/permission`)).status).toBe(404);
  });
});

test("a token of one fakehub is worth nothing at another with the same ids", async () => {
  const other = await startFakehub();
  const [here, there] = [await openShop(hub), await openShop(other)];
  expect(hub.installation("acme").id).toBe(other.installation("acme").id);
  expect((await clientWith(other, here.client.token).call("GET", there.path)).status).toBe(401);
  await other.close();
});
