/** What must be true of a pull request after its review, whatever went wrong on the way. */
import { expect } from "bun:test";
import type { Opened, ReviewWorld } from "./review-world.ts";

/**
 * One review, one summary, one check that is over, and the id of every comment known.
 * @param emptied reviews that were posted twice: they cannot be deleted, but nothing of them is left to see
 */
export async function expectOneOfEach(
  world: ReviewWorld,
  opened: Opened,
  { inline = 2, emptied = 0 } = {},
): Promise<void> {
  const { pull } = opened;
  const bodies = pull.reviews().map(({ body }) => body.replace(/<!--.*?-->/gs, "").trim());
  expect(bodies.filter((body) => body !== "")).toHaveLength(1);
  expect(bodies.filter((body) => body === "")).toHaveLength(emptied);
  expect(pull.inlineComments()).toHaveLength(inline);
  // What was told before it, that a review had failed, stays.
  const summaries = pull.issueComments().filter(({ body }) => body.startsWith("### Review of"));
  expect(summaries).toHaveLength(1);
  expect(pull.checks().map(({ status }) => status)).toEqual(["completed"]);
  const known = (await world.comments(opened)).map(({ externalId }) => externalId);
  const posted = [...pull.inlineComments(), ...summaries].map(({ id }) => id);
  expect(known.sort()).toEqual(posted.sort());
}
