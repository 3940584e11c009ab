import { expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { installations } from "../../../src/adapters/postgres/schema.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { eventually } from "../../support/eventually.ts";
import { startPollWorld } from "./poll-world.ts";

const graphql = "POST /graphql";
const dayMs = 86_400_000;
const down = { status: 502, times: 1_000 };

test("an installation that hangs holds up no other, and no more than four are read at once", async () => {
  await using world = await startPollWorld();
  const owners = ["acme", "bolt", "cogs", "dyno", "echo", "flux"];
  for (const owner of owners) await world.post(owner, 0);
  await world.poll();
  const before = await world.comments();
  const asked = world.hub.ledger.count(graphql);
  const held = [0, 1, 2, 3].map(() => world.hub.hold(graphql));
  const polling = world.nextPoll();
  await Promise.all(held.map(({ reached }) => reached));
  expect(await world.comments()).toEqual(before);
  expect(world.hub.ledger.count(graphql) - asked).toBe(4);

  const [free, ...hanging] = held;
  free?.release();
  const read = async () =>
    (await world.comments()).filter(
      ({ lastPolledAt }, i) => +(lastPolledAt ?? 0) > +(before[i]?.lastPolledAt ?? 0),
    ).length;
  await eventually(async () => expect(await read()).toBe(3));
  for (const hold of hanging) hold.release();
  expect(await polling).toMatchObject({ installations: 6, read: 6, failed: 0 });
});

test("what is due beyond the budget waits until there is room, and is read first then", async () => {
  await using world = await startPollWorld({}, 1);
  await world.post("acme", 59);
  await world.post("acme", 59);
  expect(await world.poll()).toMatchObject({ read: 100, points: 1, failed: 0 });
  const unread = async () =>
    (await world.comments()).filter(({ lastPolledAt }) => lastPolledAt === null).length;
  expect(await unread()).toBe(20);
  expect(await world.nextPoll()).toMatchObject({ resting: 1, read: 0, points: 0 });
  await advanceClock(world.ctx.db, 3_600_000);
  expect(await world.poll()).toMatchObject({ resting: 0, read: 100, points: 1 });
  expect(await unread()).toBe(0);
});

test("a day asleep: the token of before is no good any more, and each comment is read once", async () => {
  await using world = await startPollWorld();
  const { inline } = await world.post("acme", 2);
  await world.poll();
  world.hub.clock.advance(dayMs);
  await advanceClock(world.ctx.db, dayMs);
  const [comment] = inline;
  if (comment) await world.hub.user("eve").react(comment, "+1");
  const before = world.hub.ledger.count("POST /app/installations/{installation_id}/access_tokens");
  expect(await world.poll()).toMatchObject({ due: 3, read: 3, added: 1, failed: 0 });
  expect(await world.poll()).toMatchObject({ due: 0 });
  const minted = world.hub.ledger.count("POST /app/installations/{installation_id}/access_tokens") - before;
  // One to read with, and one to ask what eve may do.
  expect(minted).toBe(2);
});

test("two deleted accounts on one comment are two, by REST as by GraphQL; programs are none", async () => {
  await using world = await startPollWorld();
  const [comment] = (await world.post("acme", 1)).inline;
  if (!comment) throw new Error("a comment was posted");
  for (const login of ["one", "other"]) {
    const person = world.hub.user(login);
    await person.react(comment, "-1");
    await person.deleteAccount();
  }
  await world.hub.user("helper[bot]").react(comment, "-1");
  await world.hub.user(world.hub.app.botLogin).react(comment, "+1");
  expect(await world.poll()).toMatchObject({ read: 2, added: 2 });
  world.hub.fail(graphql, down);
  expect(await world.nextPoll()).toMatchObject({ read: 2, added: 0, removed: 0 });
  expect(await world.reactions()).toEqual(["null: -1", "null: -1"]);
});

test("another host's installations are not ours to read, whatever their ids", async () => {
  await using world = await startPollWorld();
  await world.post("acme", 1);
  await world.ctx.db.update(installations).set({ host: "other.test" });
  expect(await world.poll()).toMatchObject({ installations: 0, due: 0 });
  await world.ctx.db.execute(sql`update installations set host = ${world.ctx.forge.host}`);
  expect(await world.poll()).toMatchObject({ installations: 1, read: 2 });
});

test("a cycle that can read no more passes over what is left once", async () => {
  await using world = await startPollWorld({}, 1_000, undefined, { callsPerHour: 5 });
  await world.post("acme", 119);
  world.hub.fail(graphql, down);
  expect(await world.poll()).toMatchObject({ due: 120, read: 5, left: 115, failed: 0 });
  world.hub.clearFaults();
  expect(await world.nextPoll()).toMatchObject({ due: 120, read: 120, left: 0 });
});
