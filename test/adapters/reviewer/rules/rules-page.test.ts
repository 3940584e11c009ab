import { expect, test } from "bun:test";
import { everyRule } from "../../../../src/adapters/reviewer/rules/rule-catalog.ts";
import { renderRulesPage, rulesPagePath } from "../../../support/rules-page.ts";

test("RULES.md is as `bun run rules` writes it", async () => {
  expect(await Bun.file(rulesPagePath).text()).toBe(renderRulesPage());
});

test("the page tells of every rule, and links to each", () => {
  const page = renderRulesPage();
  for (const { id } of everyRule) {
    expect(page).toContain(`### \`${id}\`\n`);
    expect(page).toContain(`(#${id.replace("/", "")})`);
  }
});

test("the rules that it shows how to switch off are some", () => {
  const [, list = ""] = /^disabled_rules: \[(.*)\]$/m.exec(renderRulesPage()) ?? [];
  const ids = new Set(everyRule.map(({ id }) => id));
  expect(list.split(", ").filter((id) => !ids.has(id))).toEqual([]);
});
