import { afterAll, describe, expect, test } from "bun:test";
import type { Finding } from "../../../../src/adapters/reviewer/reviewer.ts";
import type { Language } from "../../../../src/adapters/reviewer/rules/language.ts";
import type { Example, Rule, RuleHead } from "../../../../src/adapters/reviewer/rules/rule.ts";
import { everyRule, ruleCatalog, rules } from "../../../../src/adapters/reviewer/rules/rule-catalog.ts";
import { createRulesReviewer } from "../../../../src/adapters/reviewer/rules/rules-reviewer.ts";
import { reviewChanges } from "./review-text.ts";

const reviewer = createRulesReviewer();
afterAll(() => reviewer[Symbol.asyncDispose]());

const pathOfLanguage: Record<Language, string> = {
  TypeScript: "src/cart.ts",
  Tsx: "src/cart.tsx",
  JavaScript: "src/cart.js",
  python: "shop/cart.py",
  go: "cart/cart.go",
  java: "src/main/java/Cart.java",
  kotlin: "src/main/kotlin/Cart.kt",
  scala: "src/main/scala/Cart.scala",
  csharp: "Shop/Cart.cs",
  swift: "Sources/Cart.swift",
  rust: "src/cart.rs",
  c: "src/cart.c",
  cpp: "src/cart.cpp",
  ruby: "app/models/cart.rb",
  php: "src/Cart.php",
  lua: "src/cart.lua",
  elixir: "lib/cart.ex",
  bash: "deploy.sh",
  sql: "db/migrations/0002_carts.sql",
  yaml: ".github/workflows/check.yml",
  dockerfile: "Dockerfile",
};

function defaultPath(rule: RuleHead | Rule): string {
  if (!("kind" in rule) || rule.kind === "text") return "deploy/shop.cfg";
  if (rule.kind === "workflow") return pathOfLanguage.yaml;
  return pathOfLanguage[rule.kind === "tree" ? (rule.languages[0] ?? "yaml") : "dockerfile"];
}

async function findingsIn(
  rule: RuleHead,
  example: Pick<Example, "path" | "lines">,
): Promise<readonly Finding[]> {
  const change = { path: example.path ?? defaultPath(rule), head: `${example.lines.join("\n")}\n` };
  const review = await reviewChanges(reviewer, [change]);
  expect(review.reviewedPaths).toEqual([change.path]);
  return review.findings;
}

function apply(lines: readonly string[], { startLine, line, suggestion }: Finding): string[] {
  return [...lines.slice(0, startLine - 1), ...(suggestion ?? "").split("\n"), ...lines.slice(line)];
}

for (const rule of everyRule) {
  describe(rule.id, () => {
    test.each(rule.bad.map((example) => [example.lines.join("⏎"), example] as const))(
      "finds %s",
      async (_, example) => {
        const findings = await findingsIn(rule, example);
        expect(findings.map(({ ruleId, line }) => ({ ruleId, line }))).toEqual([
          { ruleId: rule.id, line: example.line },
        ]);
        const [finding] = findings;
        if (!finding || !example.fixed) {
          expect(finding?.suggestion).toBeNull();
          return;
        }
        const fixed = apply(example.lines, finding);
        expect(fixed).toEqual([...example.fixed]);
        expect(await findingsIn(rule, { ...example, lines: fixed })).toEqual([]);
      },
    );

    test.each(rule.good.map((example) => [example.lines.join("⏎"), example] as const))(
      "says nothing of %s",
      async (_, example) => {
        expect(await findingsIn(rule, example)).toEqual([]);
      },
    );

    test("has examples of both", () => {
      expect(rule.bad.length).toBeGreaterThan(0);
      expect(rule.good.length).toBeGreaterThan(0);
    });
  });
}

test("rule ids are unique and the catalog has them all, in order", () => {
  const ids = everyRule.map((rule) => rule.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ruleCatalog.map((entry) => entry.id)).toEqual(ids.toSorted());
});

test("every rule can be asked in each language it names", async () => {
  const languages = [...new Set(rules.tree.flatMap((rule) => rule.languages))];
  const changes = languages.flatMap((language) => [
    { path: pathOfLanguage[language], head: "\n// a\n" },
    { path: `test/${pathOfLanguage[language]}`, head: "\n// a\n" },
  ]);
  expect((await reviewChanges(reviewer, changes)).notReviewed).toEqual([]);
});

test("there are enough rules to be of use", () => {
  expect(everyRule.length).toBeGreaterThanOrEqual(130);
});
