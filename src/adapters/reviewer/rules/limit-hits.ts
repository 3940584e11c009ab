/** Keeps a file that breaks one rule everywhere from becoming a thousand comments. */
import type { Hit } from "./job.ts";

/** Hits of one rule in one file that are reported one by one. */
const maxHits = 10;

/** Without repeats, in order, and past the limit only counted, on the last hit of the rule that is kept. */
export function limitHits(hits: readonly Omit<Hit, "more">[]): Hit[] {
  const sorted = hits.toSorted((a, b) => a.startLine - b.startLine || a.line - b.line);
  const kept = new Map<string, Hit[]>();
  for (const hit of sorted) {
    const sameRule = kept.get(hit.ruleId) ?? [];
    kept.set(hit.ruleId, sameRule);
    const last = sameRule.at(-1);
    if (last && last.startLine === hit.startLine && last.line === hit.line) continue;
    if (last && sameRule.length >= maxHits) last.more++;
    else sameRule.push({ ...hit, more: 0 });
  }
  return [...kept.values()].flat();
}
