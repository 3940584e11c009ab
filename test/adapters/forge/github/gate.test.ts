import { expect, test } from "bun:test";
import { type Call, createGate } from "../../../../src/adapters/forge/github/gate.ts";
import { failureOf } from "./scripted-github.ts";

const reading: Call = { lane: 7, resource: "rest", isWrite: false };
const writing: Call = { ...reading, isWrite: true };

test("an installation has at most ten calls at once, and does not hold up another", async () => {
  const gate = createGate({ writeSpacingMs: 0, maxWriteWaitMs: 0 });
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const running = new Map<Call["lane"], number>();
  const work = (lane: Call["lane"]) => async () => {
    running.set(lane, (running.get(lane) ?? 0) + 1);
    await held;
  };
  const calls = Array.from({ length: 25 }, () => gate.run(reading, work(7)));
  await gate.run({ ...reading, lane: 8 }, async () => running.set(8, 1));
  expect(running.get(7)).toBe(10);
  release();
  await Promise.all(calls);
  expect(running.get(7)).toBe(25);
});

test("five writes go at once, and the sixth that would wait too long is refused unsent", async () => {
  const gate = createGate({ writeSpacingMs: 3_600_000, maxWriteWaitMs: 60_000 });
  let sent = 0;
  const write = () => gate.run(writing, async () => ++sent);
  for (let i = 0; i < 5; i++) await write();
  const failure = await failureOf(write());
  expect(failure).toMatchObject({ code: "rate_limited" });
  expect((failure as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(60_000);
  expect(sent).toBe(5);
  expect(await gate.run({ ...writing, lane: 8 }, async () => "other installation")).toBe(
    "other installation",
  );
  expect(await gate.run(reading, async () => "read")).toBe("read");
});

test("writes beyond the burst wait for their turn", async () => {
  const gate = createGate({ writeSpacingMs: 20, maxWriteWaitMs: 10_000 });
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 9 }, () => gate.run(writing, async () => {})));
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(75);
});

test("while a limit lasts nothing is called, and the time left is told", async () => {
  const gate = createGate({ writeSpacingMs: 0, maxWriteWaitMs: 0 });
  gate.close(reading, 60_000, false);
  gate.close(reading, 1_000, false);
  const failure = await failureOf(gate.run(reading, async () => "called"));
  expect(failure).toMatchObject({ code: "rate_limited" });
  expect((failure as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(50_000);
  expect(await gate.run({ ...reading, resource: "graphql" }, async () => "called")).toBe("called");
  expect(await gate.run({ ...reading, lane: 8 }, async () => "called")).toBe("called");
});

test("a secondary limit closes REST and GraphQL, also for calls that waited for their turn", async () => {
  const gate = createGate({ writeSpacingMs: 0, maxWriteWaitMs: 0 });
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const started: Promise<void>[] = [];
  const first = Array.from({ length: 10 }, () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    started.push(promise);
    return gate.run(reading, () => {
      resolve();
      return held;
    });
  });
  await Promise.all(started);
  const waiting = failureOf(gate.run(reading, async () => "called"));
  gate.close({ ...reading, resource: "graphql" }, 60_000, true);
  release();
  await Promise.all(first);
  expect(await waiting).toMatchObject({ code: "rate_limited" });
});
