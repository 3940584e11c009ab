/** How POLLER_TIERS is written: `1d:1,3d:12` is up to an age of 1 day every cycle, up to 3 days every 12th, and on so. */
import { z } from "zod";

export const defaultPollerTiers = "1d:1,3d:12,14d:72";

export interface PollerTier {
  /** Comments younger than this belong to the tier (milliseconds). */
  readonly maxAgeMs: number;
  /** Cycles between two reads of one comment. */
  readonly everyCycles: number;
}

/**
 * Older comments may be read more often than younger ones: who wants that, gets it. A tier may lie beyond the window, as
 * the last one of the default does where the window is made shorter.
 */
export const pollerTiers = z.string().transform((text, check): readonly PollerTier[] => {
  const pairs = text.split(",").map((pair) => pair.trim());
  const read = pairs.map(readTier);
  const problem = read.find((tier) => typeof tier === "string") ?? findDisorder(pairs, read);
  if (problem !== undefined) check.addIssue({ code: "custom", message: problem });
  return read.filter((tier) => typeof tier !== "string");
});

/** The tier, or what is wrong with it. */
function readTier(pair: string): PollerTier | string {
  const shown = JSON.stringify(pair);
  const [, age = "", unit, cycles = ""] = /^(\d+)([hd])\s*:\s*(\d+)$/.exec(pair) ?? [];
  if (unit === undefined) return `${shown} is no AGE:CYCLES`;
  if (!isInBounds(age)) return `the age of ${shown} is not from 1 to 99999`;
  if (!isInBounds(cycles)) return `the cycles of ${shown} are not from 1 to 99999`;
  const unitMs = unit === "d" ? 86_400_000 : 3_600_000;
  return { maxAgeMs: Number(age) * unitMs, everyCycles: Number(cycles) };
}

function isInBounds(digits: string): boolean {
  return Number(digits) >= 1 && Number(digits) <= 99_999;
}

function findDisorder(pairs: readonly string[], tiers: readonly (PollerTier | string)[]): string | undefined {
  const ages = tiers.map((tier) => (typeof tier === "string" ? 0 : tier.maxAgeMs));
  const at = ages.findIndex((age, index) => index > 0 && age <= (ages[index - 1] ?? 0));
  return at < 0 ? undefined : `the age of "${pairs[at]}" is not above that of "${pairs[at - 1]}"`;
}
