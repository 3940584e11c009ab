import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Nodes } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { codeSpan, safeLine, safeMarkdown } from "../../../src/domain/review/safe-markdown.ts";

function safe(text: string): string {
  return safeMarkdown(text, 10_000);
}

describe("text that would act becomes plain code", () => {
  test.each([
    ["a mention", "thanks @eve and @acme/core", "thanks `@eve` and `@acme/core`"],
    ["a mention made of a link", "@[eve](https://evil.example)", "`@eve` (`https://evil.example`)"],
    ["a mention by entity", "&#64;eve", "`@eve`"],
    [
      "closing words",
      "Fixes #12, closes acme/shop#3 and GH-4",
      "Fixes `#12`, closes `acme/shop#3` and `GH-4`",
    ],
    ["a bare address", "see https://evil.example/?q=1", "see `https://evil.example/?q=1`"],
    ["a mail address", "write to eve@evil.example", "write to `eve@evil.example`"],
    ["a link", "[click](https://evil.example)", "click (`https://evil.example`)"],
    ["a link by reference", "[click][1]\n\n[1]: https://evil.example", "click"],
    ["a tracking image", "![pixel](https://evil.example/p.png?secret)", "`image: pixel`"],
    ["a tag", "<b>bold</b> <img src=x onerror=y>", "`<b>`bold`</b>` `<img src=x onerror=y>`"],
    ["a one-click commit", "```suggestion\nrm -rf /\n```", "```\nrm -rf /\n```"],
    ["a drawn diagram", "```mermaid\ngraph TD\n```", "```\ngraph TD\n```"],
    ["a heading", "# Everything is fine", "**Everything is fine**"],
    ["a hidden direction", "if (a\u202e)", "if (a\\[U+202E])"],
  ])("%s", (_, text, shown) => {
    expect(safe(text)).toBe(shown);
  });

  test("a block of HTML", () => {
    expect(safe("<details>\n<summary>x</summary>\n</details>")).toBe(
      "```\n<details>\n<summary>x</summary>\n</details>\n```",
    );
  });
});

describe("text that explains stays as it was", () => {
  test.each([
    ["emphasis and code", "Use **one** `@Injectable()` and _no more_."],
    ["a list", "- first\n- second"],
    ["code", "```ts\nconst a = `x`;\n```"],
    ["a table", "| a | b |\n| - | - |\n| 1 | 2 |"],
    ["a quote", "> said"],
  ])("%s", (_, text) => {
    expect(safe(text)).toBe(text);
  });
});

describe("secrets", () => {
  test.each([
    ["a GitHub token", `ghp_${"a1".repeat(18)}`],
    ["a GitHub token of the long form", `ghs_12345_${"eyJh".repeat(60)}.x-y_z`],
    ["an AWS key", "AKIAIOSFODNN7EXAMPLE"],
    ["a Slack token", "xoxb-1234567890-abcdef"],
    ["a JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJl"],
    ["a private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"],
    ["a password in an address", "postgres://app:hunter22@db/shop"],
  ])("are never echoed: %s", (_, secret) => {
    const shown = safe(`Found \`${secret}\` and\n\n\`\`\`\n${secret}\n\`\`\``);
    expect(shown).toContain("[secret removed]");
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain("hunter22");
  });
});

describe("what is too long", () => {
  test("is cut with a note, and a fence that was cut is closed", () => {
    const shown = safeMarkdown(`Before\n\n\`\`\`\n${"line of code\n".repeat(100)}\`\`\`\n\nAfter`, 300);
    expect(shown.length).toBeLessThanOrEqual(300);
    expect(shown.match(/^```$/gm)).toHaveLength(2);
    expect(shown).toEndWith("_The rest was cut._");
  });

  test("is cut also where escapes make it longer than it was", () => {
    expect(safeMarkdown("*".repeat(500), 500).length).toBeLessThanOrEqual(500);
    expect(safeMarkdown("[".repeat(500), 500).length).toBeLessThanOrEqual(500);
  });

  test("is never cut through a surrogate pair", () => {
    for (let length = 40; length < 60; length++)
      expect(safeMarkdown("😀".repeat(100), length).isWellFormed()).toBe(true);
  });

  test("takes no long time, however it is nested", () => {
    const hostile = [
      "> ".repeat(5_000),
      "[".repeat(10_000),
      "- ".repeat(5_000),
      "<".repeat(10_000),
      "*a ".repeat(3_000),
    ];
    for (const text of hostile) expect(safe(text).length).toBeLessThanOrEqual(10_000);
  });
});

describe("one line", () => {
  test("has no line break, no list and no heading", () => {
    expect(safeLine("# one\n- two")).toBe("\\# one - two");
    expect(safeLine("1. first")).toBe("1\\. first");
  });

  test("keeps what stands in backticks as code", () => {
    expect(safeLine("`eval` of @eve")).toBe("`eval` of `@eve`");
  });

  test("a path is code, whatever is in its name", () => {
    expect(codeSpan("src/`a`|b.ts")).toBe("``src/`a`|b.ts``");
    expect(codeSpan("a\nb")).toBe("`a b`");
    expect(codeSpan("x".repeat(300)).length).toBeLessThanOrEqual(202);
  });
});

/** What GitHub would act on if it stood in running text. */
const acting = /@\w|#\d|https?:\/\/\S|www\.\S/;

function actingIn(node: Nodes): readonly string[] {
  if (node.type === "html" || node.type === "image" || node.type === "link" || node.type === "definition")
    return [node.type];
  if (node.type === "text") return acting.test(node.value) ? [node.value] : [];
  if (node.type === "code" && /^suggestion$/i.test(node.lang ?? "")) return ["suggestion"];
  return "children" in node ? node.children.flatMap(actingIn) : [];
}

test("whatever is put together: nothing in the result acts", () => {
  const pieces = fc.constantFrom(
    ..."@eve|@|eve|#1|#|1|[x](|)|[|]|(http://e.co)|http://e.co|www.e.co|<b>|</b>|<!--|-->|<!-- reviewd:review|`|```|```suggestion|\n|\n\n| |*|_|![|](y)|> |- |&#64;|&lt;|\\|~~|[^1]|[^1]: |[a]: http://e.co\n|\u202e|\u200b".split(
      "|",
    ),
    "|",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
      const shown = safe(parts.join(""));
      const tree = fromMarkdown(shown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
      expect({ shown, acts: actingIn(tree) }).toEqual({ shown, acts: [] });
      expect(shown).not.toMatch(/<!--\s*reviewd|[\u202e\u200b]/);
    }),
    { numRuns: 2_000 },
  );
});
