import { describe, expect, test } from "bun:test";
import { type ParsedComment, parseCommand } from "../../../src/domain/command/parse-command.ts";

const command = (name: string, text: string | null = null) => ({ kind: "command", name, text });
const mention = (text: string) => ({ kind: "mention", text });

const cases: readonly (readonly [string, string, unknown])[] = [
  ["the slash form", "/reviewd review", command("review")],
  ["the mention", "@acme-review review", command("review")],
  ["the account's own login", "@acme-review[bot] pause", command("pause")],
  ["any case", "/Reviewd REVIEW Full", command("review_full")],
  ["words the other way round", "@Acme-Review full review", command("review_full")],
  ["manners", "@acme-review, please resolve.", command("resolve")],
  ["every name: resume", "/reviewd resume", command("resume")],
  ["every name: config", "/reviewd config", command("config")],
  ["every name: help", "/reviewd help", command("help")],
  ["no name at all", "/reviewd", command("help")],
  ["an unknown name", "/reviewd dance now", command("help", "dance now")],
  ["a name with more after it", "/reviewd review src/", command("help", "review src/")],
  ["a question", "/reviewd ask why\nthis `x`?", command("ask", "why\nthis `x`?")],
  ["a question without words", "/reviewd ask", command("help", "ask")],
  ["a line of its own below text", "Thanks!\r\n/reviewd review\r\nSee you", command("review")],
  ["the first of two", "/reviewd pause\n/reviewd resume", command("pause")],
  ["spaces before it", "Hm\n   /reviewd review", command("review")],
  ["a signature's dashes below it", "/reviewd review\n-- \nEve", command("review")],
  ["after a fence that is closed", "```\nx\n```\n/reviewd review", command("review")],
  ["after a quote and an empty line", "> /reviewd pause\n\n/reviewd resume", command("resume")],
  ["within details", "<details>\n\n/reviewd review\n\n</details>", command("review")],

  ["a fence", "```\n/reviewd review\n```", null],
  ["a fence of tildes that never ends", "~~~sh\n/reviewd review", null],
  ["an indented block", "Like:\n\n    /reviewd review", null],
  ["a quote", "> /reviewd review", null],
  ["a quote that goes on lazily", "> said\n/reviewd review", null],
  ["a list", "- /reviewd review", null],
  ["a heading", "# /reviewd review", null],
  ["an HTML comment", "<!--\n/reviewd review\n-->", null],
  ["an HTML comment within a line", "a <!-- b\n/reviewd review\n--> c", null],
  ["inline code over lines", "a `b\n/reviewd review\nc`", null],
  ["the middle of a line", "you can write /reviewd review", null],
  ["another word", "/reviewdog review", null],
  ["an escaped slash", "\\/reviewd review", null],
  ["somebody else", "@acme-reviewer review", null],
  ["a team", "@acme-review/core review", null],
  ["an address", "x@acme-review review", null],
  ["nothing for us", "Looks good to me", null],
  ["an empty comment", "", null],
  ["a line separator, which starts no line", "a\u2028/reviewd review", null],

  ["words for us", "Why is that, @acme-review?", mention("Why is that, @acme-review?")],
  [
    "a sentence that begins with us",
    "@acme-review reviews too much",
    mention("@acme-review reviews too much"),
  ],
  ["us in a quote", "> @acme-review why\n\nIndeed", null],
  ["us in code", "`@acme-review why`", null],
];

describe("a comment", () => {
  test.each(cases)("%s", (_, body, expected) => {
    expect(parseCommand(body, "acme-review")).toEqual(expected as ParsedComment | null);
  });
});

test("as long as our name is not known, only the slash form is ours", () => {
  expect(parseCommand("@acme-review review", null)).toBeNull();
  expect(parseCommand("@null review", null)).toBeNull();
  expect(parseCommand("/reviewd review", null)).toEqual({ kind: "command", name: "review", text: null });
});

test("a name is not a pattern", () => {
  expect(parseCommand("@axb review", "a.b")).toBeNull();
  expect(parseCommand("@a.b review", "a.b")).toMatchObject({ name: "review" });
});

test("what is far down in a long comment is not read", () => {
  expect(parseCommand(`${"word ".repeat(3_000)}\n\n/reviewd review`, null)).toBeNull();
});

test.each([
  ["quotes", ">"],
  ["emphasis", "*a_"],
  ["brackets", "["],
  ["comments", "<!--"],
  ["backticks", "`` ` "],
])("many %s end", (_, part) => {
  expect(parseCommand(`${part.repeat(20_000)}\n/reviewd`, null)).toBeNull();
});
