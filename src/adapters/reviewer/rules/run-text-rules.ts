/** Runs the text rules over the added lines of one file. Runs in the parser process: a pattern may be slow. */
import type { Hit, TextJob } from "./job.ts";
import { limitHits } from "./limit-hits.ts";
import type { TextRule } from "./rule.ts";

export function runTextRules(job: TextJob, rules: readonly TextRule[]): Hit[] {
  const hits: Omit<Hit, "more">[] = [];
  for (const [index, { line, text }] of job.lines.entries()) {
    const below = job.lines[index + 1];
    const next = below?.line === line + 1 ? below.text : null;
    const around = { path: job.path, next, above: () => linesAbove(job, index) };
    for (const rule of rules) {
      if (!rule.find(text, around)) continue;
      hits.push({ ruleId: rule.id, startLine: line, line, suggestion: rule.fix?.(text, around) ?? null });
    }
  }
  return limitHits(hits);
}

function* linesAbove({ lines }: TextJob, index: number): Generator<string> {
  for (let at = index - 1; at >= 0; at--) yield lines[at]?.text ?? "";
}
