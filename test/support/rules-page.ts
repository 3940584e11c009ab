/** The page of all rules, made from the rules themselves: `bun run rules` writes it, a test compares. */
import type { Language } from "../../src/adapters/reviewer/rules/language.ts";
import { isMigration, isNotTest, isTest, isWorkflow } from "../../src/adapters/reviewer/rules/paths.ts";
import type { Rule, RuleHead } from "../../src/adapters/reviewer/rules/rule.ts";
import { everyRule } from "../../src/adapters/reviewer/rules/rule-catalog.ts";
import { isSafetyRule } from "../../src/adapters/reviewer/rules/safety-rules.ts";

type AnyRule = RuleHead | Rule;
type Lines = readonly string[];

export const rulesPagePath = new URL("../../src/adapters/reviewer/rules/RULES.md", import.meta.url).pathname;

export function renderRulesPage(): string {
  const rules = everyRule.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const packs = Map.groupBy(rules, ({ id }) => id.split("/")[0] ?? "");
  const parts = [
    "# Rules",
    "<!-- Written by `bun run rules` from the rules in packs/. -->",
    `The \`rules\` reviewer has ${rules.length} rules. It looks at added lines only, asks no network, and never runs or trusts what it reads.`,
    `There are rules for ${languagesOfAll(rules)}, and for any text file.`,
    switchingOff,
    whereRulesHold,
    "To add a rule, see CONTRIBUTING.md.",
    ...[...packs].map(([pack, of]) => `## ${pack}\n\n${table(of)}`),
    ...rules.map(section),
  ];
  return `${parts.join("\n\n")}\n`;
}

const switchingOff = `A repository switches rules off by their ids in \`.reviewd.yml\`; those about secrets and hidden characters stay on, also in files it leaves out:

~~~~yaml
disabled_rules: [javascript/debugger, bash/unquoted-arguments]
~~~~`;

const whereRulesHold = `Some rules hold in some files only, which each of them says, by the file's path:

- **Tests** are what is below folders like \`test/\`, \`__tests__/\`, \`spec/\`, \`e2e/\`, \`fixtures/\` or \`testdata/\`, and files named like \`a.test.ts\`, \`a_test.go\`, \`test_a.py\` or \`ATest.java\`.
- **SQL migrations** are what is below \`migrations/\`, \`migrate/\`, \`drizzle/\`, \`flyway/\`, \`liquibase/\` or \`changelog/\`, and files named like \`V2__a.sql\` or \`a.up.sql\`; not those that undo one, like \`a.down.sql\`.
- **Workflows** are the YAML files right below \`.github/workflows/\` (or \`.gitea\`, \`.forgejo\`).
- Below \`vendor/\`, \`node_modules/\`, \`third_party/\`, \`dist/\` and \`bower_components/\`, and in minified scripts, only the rules for any file hold.`;

function languagesOfAll(rules: readonly AnyRule[]): string {
  const names = new Set(rules.flatMap((rule) => languagesOf(rule).split(", ")));
  for (const general of ["any file", "languages that are parsed"]) names.delete(general);
  return [...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).join(", ");
}

function table(rules: readonly AnyRule[]): string {
  const rows = rules.map(
    ({ id, severity, title }) => `| [\`${id}\`](#${anchor(id)}) | ${severity} | ${title} |`,
  );
  return ["| rule | severity | says |", "|---|---|---|", ...rows].join("\n");
}

/** As GitHub makes it of a heading. */
function anchor(id: string): string {
  return id.replace("/", "");
}

function section(rule: AnyRule): string {
  const about = [rule.severity, rule.category, languagesOf(rule), ...placesOf(rule)].join(" · ");
  const always = isSafetyRule(rule.id) ? " · always on" : "";
  return [`### \`${rule.id}\``, `**${rule.title}.** ${about}${always}`, rule.why, ...examples(rule)].join(
    "\n\n",
  );
}

function languagesOf(rule: AnyRule): string {
  if (!("kind" in rule))
    return rule.id.startsWith("workflows/") ? "GitHub workflows" : "languages that are parsed";
  switch (rule.kind) {
    case "text":
      return "any file";
    case "dockerfile":
      return "Dockerfile";
    case "workflow":
      return "GitHub workflows";
    case "tree":
      return rule.languages.map((language) => languageNames[language]).join(", ");
  }
}

/** By what its paths are called in the page's head. */
function placesOf(rule: AnyRule): string[] {
  const paths = "kind" in rule && rule.kind === "tree" ? rule.paths : undefined;
  if (!paths) return [];
  const place = ownPlaces[rule.id] ?? placeNames.get(paths);
  if (place === undefined) throw new Error(`${rule.id} holds in files that have no name here`);
  return place === "" ? [] : [place];
}

const placeNames: ReadonlyMap<NonNullable<Extract<Rule, { kind: "tree" }>["paths"]>, string> = new Map([
  [isTest, "in tests only"],
  [isNotTest, "not in tests"],
  [isMigration, "in migrations only"],
  // Their language says it.
  [isWorkflow, ""],
]);

const ownPlaces: Readonly<Record<string, string>> = {
  "elixir/eval": "not in tests, config or mix files",
  "ruby/focused-test": "in tests only, files named like a_spec.rb",
};

const languageNames: Readonly<Record<Language, string>> = {
  TypeScript: "TypeScript",
  Tsx: "TSX",
  JavaScript: "JavaScript",
  python: "Python",
  go: "Go",
  java: "Java",
  kotlin: "Kotlin",
  scala: "Scala",
  csharp: "C#",
  swift: "Swift",
  rust: "Rust",
  c: "C",
  cpp: "C++",
  ruby: "Ruby",
  php: "PHP",
  lua: "Lua",
  elixir: "Elixir",
  bash: "shell scripts",
  sql: "SQL",
  yaml: "GitHub workflows",
  dockerfile: "Dockerfile",
};

/** None for secrets: what reads this page would take a made-up one for a real one. */
function examples({ id, bad, good }: AnyRule): string[] {
  const [found] = bad;
  if (!found || id.startsWith("secrets/")) return [];
  const [right] = good;
  const fix = bad.find((example) => example.fixed);
  return [
    `Finds, in line ${found.line}:`,
    fence(found.lines),
    ...(fix?.fixed ? [fix === found ? "Suggests:" : "Suggests, in another case:", fence(fix.fixed)] : []),
    ...(right ? ["Says nothing of:", fence(right.lines)] : []),
  ];
}

function fence(lines: Lines): string {
  return ["~~~~", ...lines.map(visible), "~~~~"].join("\n");
}

/** Characters that cannot be seen, as escapes. */
function visible(line: string): string {
  return line.replace(/(?!\t)[\p{Cc}\p{Cf}\p{Variation_Selector}\u3164]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16).toUpperCase()}}`;
  });
}

if (import.meta.main) await Bun.write(rulesPagePath, renderRulesPage());
