/** Every rule there is, by what it looks at, and the catalog that documentation and SARIF output are made from. */
import { javascriptRules } from "./packs/javascript.ts";
import { javascriptSecurityRules } from "./packs/javascript-security.ts";
import { pythonRules } from "./packs/python.ts";
import { pythonSecurityRules } from "./packs/python-security.ts";
import { secretRules } from "./packs/secrets.ts";
import { syntaxErrorRule } from "./packs/syntax.ts";
import { textRules } from "./packs/text.ts";
import type { DockerfileRule, RuleHead, TextRule, TreeRule } from "./rule.ts";

export const rules = {
  text: [...textRules, ...secretRules] satisfies readonly TextRule[],
  tree: [
    ...javascriptRules,
    ...javascriptSecurityRules,
    ...pythonRules,
    ...pythonSecurityRules,
  ] satisfies readonly TreeRule[],
  dockerfile: [] satisfies readonly DockerfileRule[],
} as const;

/** What a rule says about itself. */
export type CatalogEntry = Pick<RuleHead, "id" | "severity" | "category" | "title" | "why">;

export const ruleCatalog: readonly CatalogEntry[] = [
  ...rules.text,
  ...rules.tree,
  ...rules.dockerfile,
  syntaxErrorRule,
]
  .map(({ id, severity, category, title, why }) => ({ id, severity, category, title, why }))
  .toSorted((a, b) => (a.id < b.id ? -1 : 1));
