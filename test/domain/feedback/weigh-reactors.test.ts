import { expect, test } from "bun:test";
import { repositories, reviewFeedback } from "../../../src/adapters/postgres/schema.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { type PollWorld, startPollWorld } from "./poll-world.ts";

const dayMs = 86_400_000;
const route = "GET /repos/{owner}/{repo}/collaborators/{username}/permission";

async function permissions(world: PollWorld): Promise<readonly string[]> {
  const rows = await world.feedback();
  return rows.map(({ reactorLogin, reactorPermission }) => `${reactorLogin}: ${reactorPermission}`).sort();
}

const makePublic = (world: PollWorld, isPublic = true) =>
  world.ctx.db.update(repositories).set({ private: !isPublic });

test("what people may do with a public repository is asked once a week and person", async () => {
  await using world = await startPollWorld();
  const { inline } = await world.post("acme", 3);
  await makePublic(world);
  const [first, second, third] = inline;
  if (!first || !second || !third) throw new Error("three comments were posted");
  const eve = world.hub.user("eve");
  await eve.react(first, "+1");
  await eve.react(second, "-1");
  await world.poll();
  expect(await permissions(world)).toEqual(["eve: write", "eve: write"]);

  // Within the week nobody is asked: an answer would be an error.
  world.hub.fail(route, { status: 404, times: 1 });
  await eve.react(third, "+1");
  await world.nextPoll();
  expect(await permissions(world)).toEqual(["eve: write", "eve: write", "eve: write"]);

  await advanceClock(world.ctx.db, 8 * dayMs);
  await eve.react(third, "heart");
  await world.poll();
  expect(await permissions(world)).toEqual(["eve: null", "eve: write", "eve: write", "eve: write"]);
});

test("what somebody may do with one repository says nothing of another", async () => {
  await using world = await startPollWorld();
  const [own, ours] = [await world.post("acme", 1), await world.post("globex", 1)];
  await makePublic(world);
  const [inOwn] = own.inline;
  const [inOurs] = ours.inline;
  if (!inOwn || !inOurs) throw new Error("two comments were posted");
  const mallory = world.hub.user("mallory");
  own.repository.setRole("mallory", "admin");
  await mallory.react(inOwn, "+1");
  await world.poll();
  await mallory.react(inOurs, "-1");
  await world.nextPoll();
  const given = (await world.feedback()).map((row) => [row.content, row.reactorPermission]);
  expect(given.toSorted()).toEqual([
    ["+1", "admin"],
    ["-1", "read"],
  ]);
});

test("nobody is asked for on a private repository, and a failure leaves it unknown until the next reading", async () => {
  await using world = await startPollWorld();
  const { inline } = await world.post("acme", 1);
  const [comment] = inline;
  if (!comment) throw new Error("a comment was posted");
  await world.hub.user("eve").react(comment, "+1");
  await makePublic(world, false);
  await world.poll();
  expect(await permissions(world)).toEqual(["eve: null"]);

  await makePublic(world);
  world.hub.fail(route, { status: 502, times: 10 });
  expect(await world.nextPoll()).toMatchObject({ failed: 0, read: 2 });
  expect(await permissions(world)).toEqual(["eve: null"]);
  world.hub.fail(route, { status: 502, times: 0 });
});

test("one cycle asks for twenty people of an installation, the next ones for the rest", async () => {
  await using world = await startPollWorld();
  const { inline } = await world.post("acme", 1);
  const [comment] = inline;
  if (!comment) throw new Error("a comment was posted");
  await makePublic(world);
  for (let i = 0; i < 25; i++) await world.hub.user(`reader-${i}`).react(comment, "+1");
  await world.poll();
  const known = async () => (await world.feedback()).filter((row) => row.reactorPermission !== null).length;
  expect(await known()).toBe(20);
  await world.nextPoll();
  expect(await known()).toBe(25);
  expect(await world.ctx.db.$count(reviewFeedback)).toBe(25);
});

test("nobody is asked for once an installation's turn is over", async () => {
  await using world = await startPollWorld({}, undefined, undefined, { turnMs: 0 });
  const { inline } = await world.post("acme", 1, { private: false });
  const [comment] = inline;
  if (!comment) throw new Error("a comment was posted");
  await world.hub.user("eve").react(comment, "+1");
  expect(await world.poll()).toMatchObject({ read: 2, calls: 0 });
  expect(await permissions(world)).toEqual(["eve: null"]);
});
