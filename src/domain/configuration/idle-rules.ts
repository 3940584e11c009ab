/**
 * What of a list of rules that are left out has no effect: ids that no rule has, and rules that nothing silences. None of
 * it makes a configuration invalid: a rule that a later version does without must not undo the rest of a file.
 */
import { ruleCatalog } from "../../adapters/reviewer/rules/rule-catalog.ts";
import { isSafetyRule } from "../../adapters/reviewer/rules/safety-rules.ts";
import { didYouMean } from "./did-you-mean.ts";

/** Looking for the nearest name takes time, and a list may be long. */
const maxTold = 20;

const known: ReadonlySet<string> = new Set(ruleCatalog.map(({ id }) => id));

/** Those that a list may name to some effect, by id. */
export const silenceableRules: readonly string[] = [...known].filter((id) => !isSafetyRule(id));

export interface IdleRule {
  /** Its place in the list. */
  readonly index: number;
  readonly message: string;
}

export function findIdleRules(disabledRules: readonly string[]): readonly IdleRule[] {
  return disabledRules
    .map((id, index) => ({ id, index }))
    .filter(({ id }) => !known.has(id) || isSafetyRule(id))
    .slice(0, maxTold)
    .map(({ id, index }) => ({ index, message: explain(id) }));
}

function explain(id: string): string {
  if (known.has(id)) return `disabled_rules: "${id}" is always on, whatever a configuration says`;
  return `disabled_rules: there is no rule "${id}"${hint(id)}`;
}

/** Also for a name without its pack, which several may have. */
function hint(id: string): string {
  const named = silenceableRules.filter((one) => one.endsWith(`/${id}`)).map((one) => `"${one}"`);
  return named.length > 0 ? `; did you mean ${named.join(" or ")}?` : didYouMean(id, silenceableRules);
}
