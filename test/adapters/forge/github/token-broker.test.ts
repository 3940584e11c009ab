import { expect, test } from "bun:test";
import { InstallationUnavailableError } from "../../../../src/adapters/forge/forge.ts";
import { type InstallationScope, repositoryScope } from "../../../../src/adapters/forge/github/scope.ts";
import { TokenBroker } from "../../../../src/adapters/forge/github/token-broker.ts";
import { ReviewdError } from "../../../../src/errors.ts";
import { failureOf } from "./scripted-github.ts";

const hourMs = 3_600_000;
const reading = repositoryScope({ installationId: 7, repositoryId: 11 }, { pull_requests: "read" });

/** A broker over a mint that counts, on a clock the test moves. */
function setup(mint?: (scope: InstallationScope) => Promise<string>) {
  const state = { nowMs: 0, minted: 0 };
  const broker = new TokenBroker({
    now: () => state.nowMs,
    mint: async (scope) => {
      state.minted += 1;
      const token = mint ? await mint(scope) : `token-${state.minted}`;
      return { token, expiresAtMs: state.nowMs + hourMs };
    },
  });
  const tokenOf = async (scope = reading) => (await broker.get(scope)).token;
  return { broker, state, tokenOf };
}

test("asked 25 times at once, it mints once", async () => {
  const { state, tokenOf } = setup();
  const tokens = await Promise.all(Array.from({ length: 25 }, () => tokenOf()));
  expect(new Set(tokens)).toEqual(new Set(["token-1"]));
  expect(state.minted).toBe(1);
});

test("tokens differ by installation, repository and permissions, not by the order these are named in", async () => {
  const { tokenOf } = setup();
  const repository = { installationId: 7, repositoryId: 11 };
  const scopes = [
    repositoryScope(repository, { pull_requests: "read" }),
    repositoryScope(repository, { pull_requests: "write" }),
    repositoryScope({ ...repository, repositoryId: 12 }, { pull_requests: "read" }),
    repositoryScope({ ...repository, installationId: 8 }, { pull_requests: "read" }),
    repositoryScope(repository, { pull_requests: "read", checks: "write" }),
  ];
  const tokens = await Promise.all(scopes.map((scope) => tokenOf(scope)));
  expect(new Set(tokens).size).toBe(scopes.length);
  const reordered = repositoryScope(repository, { checks: "write", pull_requests: "read" });
  expect(tokens).toContain(await tokenOf(reordered));
});

test("a token is replaced five minutes before it ends", async () => {
  const { state, tokenOf } = setup();
  await tokenOf();
  state.nowMs = hourMs - 5 * 60_000 - 1;
  expect(await tokenOf()).toBe("token-1");
  state.nowMs += 1;
  expect(await tokenOf()).toBe("token-2");
});

test("while GitHub cannot mint, a token that still serves is used to its last minute", async () => {
  let broken = false;
  const { state, tokenOf } = setup(async () => {
    if (broken) throw new ReviewdError("unavailable", "502");
    return "first";
  });
  await tokenOf();
  broken = true;
  state.nowMs = hourMs - 4 * 60_000;
  expect(await tokenOf()).toBe("first");
  expect(await tokenOf()).toBe("first");
  expect(state.minted).toBe(2);
  state.nowMs = hourMs - 30_000;
  expect(await failureOf(tokenOf())).toMatchObject({ code: "unavailable" });
});

test("a refused mint is remembered for ten seconds, for its own scope", async () => {
  const { state, tokenOf } = setup(async ({ permissions }) => {
    if (permissions.checks) throw new ReviewdError("forbidden", "no checks");
    return "reading";
  });
  const checking = repositoryScope({ installationId: 7, repositoryId: 11 }, { checks: "write" });
  expect(await failureOf(tokenOf(checking))).toMatchObject({ code: "forbidden" });
  expect(await failureOf(tokenOf(checking))).toMatchObject({ code: "forbidden" });
  expect(state.minted).toBe(1);
  expect(await tokenOf()).toBe("reading");
  state.nowMs += 10_001;
  await failureOf(tokenOf(checking));
  expect(state.minted).toBe(3);
});

test("an installation that is gone is not asked for again, whatever the scope", async () => {
  const { state, tokenOf } = setup(async () => {
    throw new InstallationUnavailableError("deleted", "gone");
  });
  await failureOf(tokenOf());
  const other = repositoryScope({ installationId: 7, repositoryId: 99 }, { contents: "read" });
  expect(await failureOf(tokenOf(other))).toMatchObject({ state: "deleted" });
  expect(state.minted).toBe(1);
  await failureOf(tokenOf({ ...other, installationId: 71 }));
  expect(state.minted).toBe(2);
});

test("dropping a token that has been replaced meanwhile keeps the new one", async () => {
  const { broker, tokenOf } = setup();
  const first = await broker.get(reading);
  broker.drop(reading, first);
  expect(await tokenOf()).toBe("token-2");
  broker.drop(reading, first);
  expect(await tokenOf()).toBe("token-2");
});

test("dropping an installation drops its tokens and no other's", async () => {
  const { broker, tokenOf } = setup();
  const other = { ...reading, installationId: 71 };
  await tokenOf();
  await tokenOf(other);
  broker.dropInstallation(7);
  expect(await tokenOf(other)).toBe("token-2");
  expect(await tokenOf()).toBe("token-3");
});
