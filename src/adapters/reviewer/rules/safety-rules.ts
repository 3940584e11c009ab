/**
 * Which rules no configuration silences: a secret is out for everybody and hidden characters deceive whoever reads,
 * also in files and repositories that want no other remark.
 */

/** By the rule's id. */
export function isSafetyRule(ruleId: string): boolean {
  return ruleId.startsWith("secrets/") || hiddenText.has(ruleId);
}

const hiddenText: ReadonlySet<string> = new Set(["text/bidi-control", "text/invisible-character"]);
