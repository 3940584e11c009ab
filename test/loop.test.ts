import { expect, test } from "bun:test";
import { createLog } from "../src/log.ts";
import { startLoop } from "../src/loop.ts";

const never = 2 ** 30;

function loopOf(pass: () => Promise<number>) {
  const stop = new AbortController();
  const log = createLog("silent", {});
  const loop = startLoop({ name: "test", pass, errorDelayMs: 0, log, signal: stop.signal });
  return { loop, stop };
}

test("a pass that throws is tried again and does not end the loop", async () => {
  const succeeded = Promise.withResolvers<void>();
  let passes = 0;
  const { loop, stop } = loopOf(async () => {
    if (++passes < 3) throw new Error("not yet");
    succeeded.resolve();
    return never;
  });
  await succeeded.promise;
  stop.abort();
  await loop.done;
  expect(passes).toBe(3);
});

test("stopping waits for the pass in flight and starts no other", async () => {
  const started = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const events: string[] = [];
  const { loop, stop } = loopOf(async () => {
    started.resolve();
    await finish.promise;
    events.push("pass ended");
    return 0;
  });
  await started.promise;
  stop.abort();
  const done = loop.done.then(() => events.push("loop ended"));
  finish.resolve();
  await done;
  expect(events).toEqual(["pass ended", "loop ended"]);
});

test("waking during a pass is not lost: the next pass follows at once", async () => {
  const twice = Promise.withResolvers<void>();
  let passes = 0;
  const { loop, stop } = loopOf(async () => {
    if (++passes === 1) queueMicrotask(() => loop.wake());
    else twice.resolve();
    await Promise.resolve();
    return never;
  });
  await twice.promise;
  stop.abort();
  await loop.done;
  expect(passes).toBe(2);
});
