/** Everything that is written to the forge, made of hostile text, and read again as the forge reads it. */
import { describe, expect, test } from "bun:test";
import type { Nodes, Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { maskSecrets } from "../../../src/adapters/reviewer/mask-secrets.ts";
import { everyRule } from "../../../src/adapters/reviewer/rules/rule-catalog.ts";
import { completedCheck } from "../../../src/domain/review/render-check.ts";
import { renderComment } from "../../../src/domain/review/render-comment.ts";
import { renderSummary } from "../../../src/domain/review/render-summary.ts";
import type { Report } from "../../../src/domain/review/report.ts";
import { attacks, secrets } from "./attack-corpus.ts";
import { aFinding } from "./build.ts";

const marker = "<!-- our marker -->";
/** All the HTML we write ourselves. */
const ours = /^(?:<\/?(?:details|summary|sub)>|<!-- our marker -->|<summary>[\w ]+<\/summary>|\s)+$/;
/** What GitHub acts on in running text. */
const acting = /@\w|(?:^|[^\w&])#\d|\bGH-\d|\bGHSA-\w|https?:\/\/\S|ftp:\/\/|www\.\S|\$\S[^$\n]*\S\$/;
/** What a reader does not see, or sees in another place than it is. */
const unseen = /[^\P{C}\n\t]/u;

function parse(markdown: string): Root {
  return fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
}

/** What acts on its own in a piece of Markdown, in words. */
function actingIn(node: Nodes): readonly string[] {
  switch (node.type) {
    case "html":
      return ours.test(node.value) ? [] : [`html ${node.value}`];
    case "image":
    case "imageReference":
    case "link":
    case "linkReference":
    case "definition":
    case "footnoteReference":
    case "footnoteDefinition":
      return [node.type];
    case "text":
      return acting.test(node.value) ? [`text ${node.value.slice(0, 80)}`] : [];
    case "code":
      return /^(?:suggestion|mermaid|math|geojson|topojson|stl)/i.test(node.lang ?? "")
        ? [`code ${node.lang}`]
        : [];
    case "heading":
      return node.depth === 3 ? [] : [`heading ${node.depth}`];
    case "listItem":
      if (typeof node.checked === "boolean") return ["task"];
  }
  return "children" in node ? node.children.flatMap(actingIn) : [];
}

function expectHarmless(markdown: string): void {
  const root = parse(markdown);
  expect(actingIn(root)).toEqual([]);
  expect(markdown.match(unseen)).toBeNull();
  for (const secret of secrets) expect(markdown).not.toContain(secret);
  // Only what is ours opens and closes, each in its turn, and our marker is the last thing.
  const tags = root.children.flatMap((node) =>
    node.type === "html" ? [...node.value.matchAll(/<\/?details>/g)] : [],
  );
  expect(tags.map(([tag]) => tag)).toEqual(
    Array.from({ length: tags.length }, (_, i) => (i % 2 === 0 ? "<details>" : "</details>")),
  );
  expect(markdown).toEndWith(marker);
  expect(root.children.at(-1)).toMatchObject({ type: "html", value: marker });
}

function hostile(text: string) {
  return aFinding({ title: text, body: text, path: text, category: text, reviewer: "model", ruleId: null });
}

function hostileReport(text: string): Report {
  const finding = { ...hostile(text), disposition: "summary" as const };
  return {
    headSha: "0123456789abcdef",
    findings: [finding, { ...finding, disposition: "repeated" }],
    withheld: { dismissed: 1 },
    coverage: { reviewed: 1, notReviewed: [{ path: text, reason: "too_large" }] },
    facts: {
      reviewers: ["rules", "model"],
      fallback: null,
      gate: "low",
      configurationPath: text,
      configurationProblems: [{ line: 1, message: text }],
      configurationWarnings: [{ line: 1, message: text }],
      guidanceUsed: true,
      reviewedPaths: [text],
      gone: [finding],
      suppressions: [{ kind: "category", subject: text }],
    },
    spent: {
      calls: 1,
      callsOfUnknownUsage: 0,
      models: [text],
      inputTokens: 1,
      cachedInputTokens: 1,
      outputTokens: 1,
      costMicroDollars: null,
    },
    earlier: [],
  };
}

describe.each(attacks)("$name", ({ text }) => {
  test("does nothing in an inline comment", () => {
    expectHarmless(renderComment(hostile(text), null, marker));
  });

  test("does nothing in the summary", () => {
    expectHarmless(renderSummary(hostileReport(text), marker));
  });

  test("does nothing in a check", () => {
    const { title, summary, annotations } = completedCheck(hostileReport(text));
    expectHarmless(`${summary}\n\n${marker}`);
    for (const words of [title, ...annotations.flatMap((one) => [one.title, one.message])]) {
      expect(words.match(unseen)).toBeNull();
      for (const secret of secrets) expect(words).not.toContain(secret);
    }
  });
});

test("the test itself sees what acts", () => {
  const asleep = attacks.filter(({ text }) => actingIn(parse(text)).length > 0 || unseen.test(text));
  expect(asleep.length).toBeGreaterThan(attacks.length / 2);
  expect(() => expectHarmless(`@eve\n\n${marker}`)).toThrow();
  expect(() => expectHarmless(`<b>x</b>\n\n${marker}`)).toThrow();
  expect(() => expectHarmless(`</details>\n\n${marker}`)).toThrow();
});

describe("what a rule takes for a secret is masked", () => {
  const rules = everyRule.flatMap((rule) =>
    "kind" in rule && rule.kind === "text" && rule.id.startsWith("secrets/") ? [rule] : [],
  );
  test.each(rules.map((rule) => [rule.id, rule] as const))("%s", (_, { find, bad }) => {
    for (const { lines, path = "a.ts" } of bad) {
      const masked = maskSecrets(lines.join("\n")).split("\n");
      const found = masked.filter((line, at) =>
        find(line, { path, next: masked[at + 1] ?? null, above: () => [] }),
      );
      expect(found).toEqual([]);
      expect(maskSecrets(lines.join("\n"))).toContain("[secret removed]");
    }
  });

  test("and words of people are not", () => {
    const words =
      "The value of `password` goes into the log in line 12: use the environment's PASSWORD_FILE instead.";
    expect(maskSecrets(words)).toBe(words);
  });
});
