/**
 * The poller that reviewd's is compared with: one REST call for each comment whose turn it is, by the remainder of its
 * number. Its turns go by the clock, so that a restart does not begin them anew.
 */
import pLimit from "p-limit";
import type { Forge } from "../../src/adapters/forge/forge.ts";
import { cyclesAt } from "../../src/domain/feedback/next-poll-at.ts";
import { intervalMs, type PolledComment, schedule } from "./polled-comments.ts";

/** Those it reads at this time, of those it still reads at all. */
export function plainTurns(comments: readonly PolledComment[], nowMs: number): readonly PolledComment[] {
  const cycle = Math.floor(nowMs / intervalMs);
  return comments.filter(({ number, postedAtMs }) => {
    const ageMs = nowMs - postedAtMs;
    if (ageMs < 0 || ageMs >= schedule.windowMs) return false;
    const every = cyclesAt(ageMs, schedule.tiers);
    return number % every === cycle % every;
  });
}

/** Reads them, over HTTP. */
export async function pollPlainly(
  forge: Forge,
  installationId: number,
  turns: readonly PolledComment[],
): Promise<void> {
  await pLimit(10).map(turns, async ({ view, repositoryId, fullName }) => {
    const kind = view.kind === "inline" ? "inline" : "summary";
    await forge.listReactions({ installationId, repositoryId, fullName }, { kind, id: view.id });
  });
}
