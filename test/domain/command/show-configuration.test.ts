import { afterAll, beforeEach, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { owners, suppressions } from "../../../src/adapters/postgres/schema.ts";
import { startCommandWorld } from "./command-world.ts";

const world = await startCommandWorld();
const { open, claimed, settleIt, replyOf } = world;
afterAll(() => world.close());
beforeEach(() => world.clear());

async function shown(opened: Awaited<ReturnType<typeof open>>): Promise<string> {
  const command = await claimed(opened, { name: "config" });
  expect(await settleIt(command)).toMatchObject({ status: "done", reason: "shown" });
  return JSON.stringify((await replyOf(command))?.payload);
}

test("what is suppressed there is told with the configuration", async () => {
  const opened = await open();
  expect(await shown(opened)).not.toContain("Suppressed");
  const { ownerId, repositoryId } = opened.ids;
  const approved = {
    ...{ ownerId, evidence: {}, decidedAt: new Date(), decidedBy: "ada" },
    state: "approved" as const,
    expiresAt: new Date(Date.now() + 3_600_000),
  };
  await world.database.db.insert(suppressions).values([
    { ...approved, id: Bun.randomUUIDv7(), repositoryId, kind: "rule", subject: "javascript/debugger" },
    { ...approved, id: Bun.randomUUIDv7(), repositoryId: null, kind: "category", subject: "tests" },
  ]);
  await world.clear();
  expect(await shown(opened)).toContain(
    "Suppressed here, as it was often disliked: category `tests`, rule `javascript/debugger`.",
  );
});

test("a model of the owner's that nobody could ask is told where none is set up", async () => {
  const opened = await open();
  const { db } = world.database;
  await db
    .update(owners)
    .set({ reviewSettings: { model: "big/one" } })
    .where(eq(owners.id, opened.ids.ownerId));
  expect(await shown(opened)).toContain(
    "This has no effect:\\n\\n- the owner's settings: `model: no language model is set up on this reviewd`",
  );
});
