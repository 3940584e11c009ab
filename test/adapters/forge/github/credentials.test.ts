import { afterEach, describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { InstallationUnavailableError } from "../../../../src/adapters/forge/forge.ts";
import {
  connectTo,
  failureOf,
  grant,
  privateKey,
  restPullRequest,
  type ScriptedGitHub,
  type SeenCall,
  shop,
  startScriptedGitHub,
} from "./scripted-github.ts";

const open: ScriptedGitHub[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((github) => github.close()));
});

function start(...args: Parameters<typeof startScriptedGitHub>): ScriptedGitHub {
  const github = startScriptedGitHub(...args);
  open.push(github);
  return github;
}

const answerPull = () => Response.json(restPullRequest);
const authorization = (call: SeenCall | undefined) => call?.headers.get("authorization");

/** Header and payload of the JWT a call was made with. */
function jwtOf(call: SeenCall | undefined) {
  const [header = "", payload = ""] = (authorization(call) ?? "").replace("Bearer ", "").split(".");
  const decode = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  return { header: decode(header), payload: decode(payload) };
}

describe("tokens", () => {
  test("two hosts and two Apps with one installation id never get each other's, cold and at once", async () => {
    const first = start(answerPull, "ghs_first");
    const second = start(answerPull, "ghs_second");
    const forges = [
      connectTo(first).forge,
      connectTo(second).forge,
      connectTo(first, { appId: 2 }).forge,
      connectTo(second, { appId: 2 }).forge,
    ];
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => forges[i % forges.length]?.getPullRequest(shop, 1)),
    );
    for (const [github, name] of [
      [first, "ghs_first"],
      [second, "ghs_second"],
    ] as const) {
      expect(github.calls).toHaveLength(10);
      expect(github.mints.map((mint) => jwtOf(mint).payload.iss).sort()).toEqual([1, 2]);
      for (const call of github.calls) expect(authorization(call)).toStartWith(`Bearer ${name}`);
    }
  });

  test("25 cold calls mint once", async () => {
    const github = start(answerPull);
    const { forge } = connectTo(github);
    await Promise.all(Array.from({ length: 25 }, () => forge.getPullRequest(shop, 1)));
    expect(github.mints).toHaveLength(1);
    expect(github.calls).toHaveLength(25);
  });

  test("a token is asked for one repository and what the call needs", async () => {
    const github = start(answerPull);
    await connectTo(github).forge.getPullRequest(shop, 1);
    expect(github.mints[0]?.path).toBe("/api/v3/app/installations/7/access_tokens");
    expect(JSON.parse(github.mints[0]?.body ?? "")).toEqual({
      repository_ids: [11],
      permissions: { pull_requests: "read" },
    });
  });

  const longToken = `ghs_1_${Buffer.alloc(384, "x").toString("base64url")}`;
  for (const [format, token] of [
    ["short", `ghs_${"a".repeat(36)}`],
    ["long", longToken],
  ] as const) {
    test(`the ${format} format is used as it is, in calls and for git`, async () => {
      const expires_at = new Date(Date.now() + 3_600_000).toISOString();
      const github = start(answerPull, "", () => Response.json({ token, expires_at }, { status: 201 }));
      const { forge } = connectTo(github);
      await forge.getPullRequest(shop, 1);
      expect(authorization(github.calls[0])).toBe(`Bearer ${token}`);
      const access = await forge.cloneAccess(shop);
      expect(atob(access.authorization.replace("Basic ", ""))).toBe(`x-access-token:${token}`);
      expect(access.url).toBe(`${github.apiUrl.replace("/api/v3", "")}/acme/shop.git`);
    });
  }

  test("one that GitHub refuses is dropped and another minted, once", async () => {
    let refusals = 1;
    // The answer's date makes the token an old one, which a young one's replication delay does not excuse.
    const date = new Date(Date.now() + 600_000).toUTCString();
    const github = start(() =>
      refusals-- > 0
        ? Response.json({ message: "Bad credentials" }, { status: 401, headers: { date } })
        : Response.json(restPullRequest),
    );
    await connectTo(github).forge.getPullRequest(shop, 1);
    expect(github.calls.map(authorization)).toEqual(["Bearer ghs_scripted_1", "Bearer ghs_scripted_2"]);
    expect(github.mints).toHaveLength(2);
  });

  test("a young one that is refused is tried again before another is minted", async () => {
    let refusals = 1;
    const github = start(() =>
      refusals-- > 0
        ? Response.json({ message: "Bad credentials" }, { status: 401 })
        : Response.json(restPullRequest),
    );
    await connectTo(github).forge.getPullRequest(shop, 1);
    expect(github.calls.map(authorization)).toEqual(["Bearer ghs_scripted_1", "Bearer ghs_scripted_1"]);
    expect(github.mints).toHaveLength(1);
  });

  test("a write answered 401 was not done and is sent again", async () => {
    let refusals = 1;
    const date = new Date(Date.now() + 600_000).toUTCString();
    const github = start(() =>
      refusals-- > 0
        ? Response.json({ message: "Bad credentials" }, { status: 401, headers: { date } })
        : Response.json({ id: 1 }),
    );
    const review = { headSha: "a", body: "b", comments: [] };
    expect(await connectTo(github).forge.createReview(shop, 1, review)).toEqual({ id: 1 });
    expect(github.calls).toHaveLength(2);
    expect(github.calls[0]?.body).toBe(github.calls[1]?.body ?? "");
  });

  test("when every token is refused it gives up, as something that may pass", async () => {
    const github = start(() => Response.json({ message: "Bad credentials" }, { status: 401 }));
    const review = { headSha: "a", body: "b", comments: [] };
    const failure = await failureOf(connectTo(github).forge.createReview(shop, 1, review));
    expect(failure).toMatchObject({ code: "unavailable" });
    expect(github.calls).toHaveLength(3);
    expect(github.mints).toHaveLength(2);
  });

  test("when every token is refused a read gives up as a write does: trying again would only mint more", async () => {
    const github = start(() => Response.json({ message: "Bad credentials" }, { status: 401 }));
    const { forge } = connectTo(github);
    expect(await failureOf(forge.getPullRequest(shop, 1))).toMatchObject({ code: "unavailable" });
    expect(github.calls).toHaveLength(3);
    expect(github.mints).toHaveLength(2);
  });
});

describe("a clock that is off", () => {
  const hourMs = 3_600_000;

  test.each([
    ["behind", 2 * hourMs],
    ["ahead of", -2 * hourMs],
  ])("%s GitHub's by two hours: a token serves for its hour, and no longer", async (_, aheadMs) => {
    const date = new Date(Date.now() + aheadMs).toUTCString();
    let lifetimeMs = hourMs;
    const github = start(
      () => Response.json(restPullRequest, { headers: { date } }),
      "",
      () => {
        const expires_at = new Date(Date.now() + aheadMs + lifetimeMs).toISOString();
        return Response.json(
          { token: `ghs_${github.mints.length}`, expires_at },
          { status: 201, headers: { date } },
        );
      },
    );
    const { forge } = connectTo(github);
    for (let call = 0; call < 3; call++) await forge.getPullRequest(shop, 1);
    expect(github.mints).toHaveLength(1);

    // Of another scope; it has less left than a token must have to be used again.
    lifetimeMs = 60_000;
    for (let call = 0; call < 3; call++) await forge.getPullRequest({ ...shop, installationId: 8 }, 1);
    expect(github.mints).toHaveLength(4);
  });
});

describe("an installation that is no more", () => {
  const refusals = [
    { status: 403, message: "This installation has been suspended", state: "suspended" },
    { status: 404, message: "Not Found", state: "deleted" },
  ] as const;
  for (const { status, message, state } of refusals) {
    test(`is ${state}, and GitHub is not asked again at once`, async () => {
      const github = start(answerPull, "", () => Response.json({ message }, { status }));
      const { forge } = connectTo(github);
      const calls = [forge.getPullRequest(shop, 1), forge.cloneAccess(shop)];
      for (const failure of await Promise.all(calls.map(failureOf))) {
        expect(failure).toBeInstanceOf(InstallationUnavailableError);
        expect(failure).toMatchObject({ code: "forbidden", state });
      }
      await failureOf(forge.getPullRequest(shop, 1));
      expect(github.calls).toHaveLength(0);
      expect(github.mints.length).toBeLessThanOrEqual(2);
    });
  }

  test("suspended while its tokens last, it drops them", async () => {
    let suspended = true;
    const github = start(() =>
      suspended
        ? Response.json({ message: "This installation has been suspended" }, { status: 403 })
        : Response.json(restPullRequest),
    );
    const { forge } = connectTo(github);
    expect(await failureOf(forge.getPullRequest(shop, 1))).toMatchObject({ state: "suspended" });
    suspended = false;
    await forge.getPullRequest(shop, 1);
    expect(authorization(github.calls[1])).toBe("Bearer ghs_scripted_2");
  });

  test("a permission it does not grant is forbidden, not bad input", async () => {
    const message = "The permissions requested are not granted to this installation.";
    const github = start(answerPull, "", () => Response.json({ message }, { status: 422 }));
    const failure = await failureOf(connectTo(github).forge.getPullRequest(shop, 1));
    expect(failure).toMatchObject({ code: "forbidden" });
    expect(failure).not.toBeInstanceOf(InstallationUnavailableError);
    expect((failure as Error).message).toContain(message);
  });
});

describe("the App", () => {
  test("signs in by a JWT of its own, kept from call to call, with either form of key", async () => {
    const { privateKey: pkcs8 } = generateKeyPairSync("rsa", {
      modulusLength: 2_048,
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    for (const key of [privateKey, pkcs8]) {
      const github = start(() => Response.json({}, { status: 202 }));
      const { forge } = connectTo(github, { privateKey: key });
      await forge.redeliver("12");
      await forge.redeliver("13");
      const { header, payload } = jwtOf(github.calls[0]);
      expect(header).toMatchObject({ alg: "RS256" });
      expect(payload.exp - payload.iat).toBe(600);
      expect(authorization(github.calls[1])).toBe(authorization(github.calls[0]) ?? "");
    }
  });

  test("goes by GitHub's clock where its own is off", async () => {
    const aheadMs = 3_600_000;
    const date = () => new Date(Date.now() + aheadMs).toUTCString();
    const github = start((call) =>
      jwtOf(call).payload.exp * 1_000 < Date.now() + aheadMs
        ? Response.json({ message: "'Expiration time' claim" }, { status: 401, headers: { date: date() } })
        : Response.json({}, { status: 202 }),
    );
    await connectTo(github).forge.redeliver("12");
    expect(github.calls).toHaveLength(2);
  });

  test("with a wrong key it is refused for good, and says so", async () => {
    const github = start(() =>
      Response.json({ message: "A JSON web token could not be decoded" }, { status: 401 }),
    );
    const failure = await failureOf(connectTo(github).forge.redeliver("12"));
    expect(failure).toMatchObject({ code: "forbidden" });
    expect((failure as Error).message).toContain("could not be decoded");
  });

  test("a key that cannot sign is a wrong setting, and is not shown", async () => {
    const github = start(() => Response.json({}));
    const secret = "c2VjcmV0LWtleS1tYXRlcmlhbA==";
    const broken = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`;
    const { forge, lines } = connectTo(github, { privateKey: broken });
    const failure = await failureOf(forge.redeliver("12"));
    expect(failure).toMatchObject({ code: "invalid_input" });
    expect(`${Bun.inspect(failure)}${lines.join("")}`).not.toContain(secret);
    expect(github.calls).toHaveLength(0);
  });
});

test("no token and no key is ever printed, whatever goes wrong", async () => {
  const secretName = "ghs_verysecret";
  const answers = [200, 404, 403, 422, 500].map(
    (status) => () => Response.json({ message: "no" }, { status }),
  );
  let next = 0;
  const github = start(
    () => answers[next++ % answers.length]?.() ?? Response.error(),
    secretName,
    grant(secretName),
  );
  const { forge, lines } = connectTo(github);
  const printed: string[] = [];
  for (let i = 0; i < answers.length; i++) {
    const error = await failureOf(forge.createComment(shop, 1, "hello"));
    printed.push(Bun.inspect(error, { depth: 20 }), JSON.stringify(error));
  }
  const jwt = authorization(github.mints[0])?.replace("Bearer ", "") ?? "";
  expect(jwt.length).toBeGreaterThan(100);
  expect(lines.length).toBeGreaterThan(answers.length);
  for (const text of [...printed, ...lines]) {
    expect(text).not.toContain(secretName);
    expect(text).not.toContain(jwt);
  }
});
