/** Every rule there is, by what it looks at, and the catalog that documentation and SARIF output are made from. */

import { type Language, syntaxCheckedLanguages } from "./language.ts";
import { bashRules } from "./packs/bash.ts";
import { cRules } from "./packs/c.ts";
import { cppRules } from "./packs/cpp.ts";
import { csharpRules } from "./packs/csharp.ts";
import { csharpSecurityRules } from "./packs/csharp-security.ts";
import { dockerfileRules } from "./packs/dockerfile.ts";
import { elixirRules } from "./packs/elixir.ts";
import { goRules } from "./packs/go.ts";
import { goSecurityRules } from "./packs/go-security.ts";
import { javaRules } from "./packs/java.ts";
import { javaSecurityRules } from "./packs/java-security.ts";
import { javascriptRules } from "./packs/javascript.ts";
import { javascriptSecurityRules } from "./packs/javascript-security.ts";
import { kotlinRules } from "./packs/kotlin.ts";
import { luaRules } from "./packs/lua.ts";
import { phpRules } from "./packs/php.ts";
import { phpSecurityRules } from "./packs/php-security.ts";
import { pythonRules } from "./packs/python.ts";
import { pythonSecurityRules } from "./packs/python-security.ts";
import { rubyRules } from "./packs/ruby.ts";
import { rustRules } from "./packs/rust.ts";
import { scalaRules } from "./packs/scala.ts";
import { secretRules } from "./packs/secrets.ts";
import { sqlRules } from "./packs/sql.ts";
import { sqlLockRules } from "./packs/sql-locks.ts";
import { swiftRules } from "./packs/swift.ts";
import { syntaxErrorRule } from "./packs/syntax.ts";
import { textRules } from "./packs/text.ts";
import { tokenRules } from "./packs/tokens.ts";
import { brokenWorkflowRule, workflowReportRules } from "./packs/workflow-reports.ts";
import { workflowRightsRules } from "./packs/workflow-rights.ts";
import { workflowRules } from "./packs/workflows.ts";
import type { DockerfileRule, Rule, RuleHead, TextRule, TreeRule, WorkflowRule } from "./rule.ts";

interface Rules {
  readonly text: readonly TextRule[];
  readonly tree: readonly TreeRule[];
  readonly dockerfile: readonly DockerfileRule[];
  readonly workflow: readonly WorkflowRule[];
}

export const rules: Rules = {
  text: [...textRules, ...tokenRules, ...secretRules],
  tree: [
    ...javascriptRules,
    ...javascriptSecurityRules,
    ...pythonRules,
    ...pythonSecurityRules,
    ...goRules,
    ...goSecurityRules,
    ...javaRules,
    ...javaSecurityRules,
    ...sqlRules,
    ...sqlLockRules,
    ...bashRules,
    ...cRules,
    ...cppRules,
    ...csharpRules,
    ...csharpSecurityRules,
    ...elixirRules,
    ...kotlinRules,
    ...luaRules,
    ...phpRules,
    ...phpSecurityRules,
    ...rubyRules,
    ...rustRules,
    ...scalaRules,
    ...swiftRules,
    ...workflowRules,
    ...workflowRightsRules,
  ],
  dockerfile: dockerfileRules,
  workflow: workflowReportRules,
};

/** What a rule says about itself. */
export type CatalogEntry = Pick<RuleHead, "id" | "severity" | "category" | "title" | "why">;

/** With examples, which the documentation shows and the tests run. */
export const everyRule: readonly (RuleHead | Rule)[] = [
  ...rules.text,
  ...rules.tree,
  ...rules.dockerfile,
  ...rules.workflow,
  brokenWorkflowRule,
  syntaxErrorRule,
];

/** By id. */
export const ruleCatalog: readonly CatalogEntry[] = everyRule
  .map(({ id, severity, category, title, why }) => ({ id, severity, category, title, why }))
  .toSorted((a, b) => (a.id < b.id ? -1 : 1));

/** False for a file that parsing would tell nothing of, such as YAML that is no workflow. */
export function hasTreeRules(language: Language, path: string): boolean {
  if (language === "dockerfile" || syntaxCheckedLanguages.has(language)) return true;
  return rules.tree.some((rule) => rule.languages.includes(language) && (rule.paths?.(path) ?? true));
}
