/** Repositories are locked in one order whoever does it: waiting for one, nobody holds what comes after it. */
import { afterAll, afterEach, expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import { repositories } from "../../../src/adapters/postgres/schema.ts";
import { takeRepositoriesToSweep } from "../../../src/adapters/postgres/sweep-views.ts";
import { eventually } from "../../support/eventually.ts";
import { createIntake, host } from "./intake-harness.ts";
import { installationPayload, newPlace, type Place } from "./payloads.ts";

const intake = await createIntake();
const { db } = intake;
afterEach(() => intake.clear());
afterAll(() => intake.close());

/** Two repositories of one installation, the one that is locked first before the other. */
async function twoRepositories(): Promise<readonly [Place, Place]> {
  const first = newPlace();
  const { ownerId, login, installationId } = first;
  const second = newPlace({ ownerId, login, installationId });
  for (const place of [second, first]) await intake.pull(place, { action: "opened" });
  expect(first.repositoryId).toBeLessThan(second.repositoryId);
  return [first, second];
}

/** Starts it while somebody holds the first repository. @throws when it waits for that holding the second */
async function meet<Result>([first, second]: readonly [Place, Place], work: () => Promise<Result>) {
  const [{ id: firstId }, { id: secondId }] = [
    await intake.repositoryOf(first),
    await intake.repositoryOf(second),
  ];
  let working: Promise<Result> | undefined;
  await db.transaction(async (tx) => {
    const lock = (id: string) =>
      tx.select().from(repositories).where(eq(repositories.id, id)).for("update", { noWait: true });
    await lock(firstId);
    working = work();
    await eventually(async () => {
      // Outside of the transaction, which would be shown the same activity each time.
      const waiting = await db.execute(sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
      expect(waiting).toHaveLength(1);
    });
    await lock(secondId);
  });
  return await working;
}

const listed = (place: Place) => ({ id: place.repositoryId, full_name: place.fullName, private: true });

test("of an event that adds the first and removes the second", async () => {
  const [first, second] = await twoRepositories();
  const received = await meet([first, second], () =>
    intake.send("installation_repositories", {
      ...installationPayload(first, "removed"),
      repositories_added: [listed(first)],
      repositories_removed: [listed(second)],
    }),
  );
  expect(received).toMatchObject({ outcome: "cancelled", reason: "repository_removed" });
  expect((await intake.repositoryOf(first)).installationId).not.toBeNull();
  expect((await intake.repositoryOf(second)).installationId).toBeNull();
});

test("of a sweep, whose turn the second is first", async () => {
  const places = await twoRepositories();
  const externalIds = places.map(({ repositoryId }) => repositoryId);
  const take = (limit: number) => takeRepositoriesToSweep(db, { forge: "github", host, externalIds, limit });
  await db.execute(sql`
    update repositories set swept_at = reviewd_now() where external_id = ${places[0].repositoryId}`);
  expect(await meet(places, () => take(2))).toHaveLength(2);
});
