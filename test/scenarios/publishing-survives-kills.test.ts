/**
 * A dispatcher that is killed at every step of publishing: nothing is lost, nothing is posted twice, and what was found
 * is not asked for again. The short form of `bun run bench publishing`.
 */
import { expect, test } from "bun:test";
import { playCrashes } from "../../bench/support/crash-play.ts";
import { findMissed } from "../../bench/support/crash-points.ts";

test("kill -9 at every step of publishing leaves one of each on the forge", async () => {
  const { killed, byPoint, ...faults } = await playCrashes({ kills: 30, lanes: 8, leaseSecs: 6 });
  expect(faults).toEqual({ lost: [], repeated: [], askedAgain: [] });
  expect(killed).toBeGreaterThanOrEqual(30);
  expect(findMissed(byPoint)).toEqual([]);
}, 900_000);
