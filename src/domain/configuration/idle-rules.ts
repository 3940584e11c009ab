/**
 * What of a list of rules that are left out has no effect: ids that no rule has, and rules that nothing silences. None of
 * it makes a configuration invalid: a rule that a later version does without must not undo the rest of a file.
 */
import { ruleCatalog } from "../../adapters/reviewer/rules/rule-catalog.ts";
import { isSafetyRule } from "../../adapters/reviewer/rules/safety-rules.ts";
import { findNear } from "./did-you-mean.ts";

/** Looking for the nearest name takes time, and a list may be long. */
const maxTold = 20;
const maxAkin = 3;

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

function hint(id: string): string {
  const named = findMeant(id).map((one) => `"${one}"${isSafetyRule(one) ? ", which is always on," : ""}`);
  if (named.length === 0) return "; reviewd's RULES.md lists those there are";
  return `; did you mean ${named.join(" or ").replace(/,$/, "")}?`;
}

/** For a name without its pack, which several may have; for one with a slip; for another name of the same thing. */
function findMeant(id: string): readonly string[] {
  const named = [...known].filter((one) => one.endsWith(`/${id}`));
  if (named.length > 0) return named;
  const near = findNear(id, silenceableRules) ?? findNear(id, [...known]);
  return near === null ? findAkin(id) : [near];
}

/** Those of the same pack that have the most words of the name. */
function findAkin(id: string): readonly string[] {
  const [pack, name = ""] = id.split("/");
  const words = new Set(name.split("-").filter(({ length }) => length > 2));
  const akin = [...known]
    .filter((one) => one.startsWith(`${pack}/`))
    .map((one) => ({ one, shared: wordsOf(one).filter((word) => words.has(word)).length }));
  const most = Math.max(1, ...akin.map(({ shared }) => shared));
  return akin
    .filter(({ shared }) => shared === most)
    .map(({ one }) => one)
    .slice(0, maxAkin);
}

function wordsOf(ruleId: string): readonly string[] {
  return ruleId.slice(ruleId.indexOf("/") + 1).split("-");
}
