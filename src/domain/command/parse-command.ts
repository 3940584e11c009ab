/**
 * Finds what a comment asks of reviewd. Only what stands at the start of a line of running text counts: code, quotes,
 * lists and HTML comments may say anything. One command a comment, the first.
 */
import type { Heading, Nodes, Paragraph } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import type { CommandName } from "../../adapters/postgres/commands.ts";

export type ParsedComment =
  /** `text`: a question, or after `help` the words that are no command. */
  | { readonly kind: "command"; readonly name: CommandName; readonly text: string | null }
  /** We are addressed with words that are no command. */
  | { readonly kind: "mention"; readonly text: string };

/** A comment can be 65,536 characters; quotes in quotes take time that grows with their square (0.1 s for these). */
const maxReadLength = 10_000;

/** Of what is compared with the names, and told back where it is none. */
const maxNameLength = 100;

/**
 * What marks up running text takes time that grows with its square, and is of no interest here. Code and HTML that
 * begin within a line are kept, since they may end in another.
 */
const blocksOnly = {
  disable: { null: ["attention", "labelStartImage", "labelStartLink", "labelEnd", "definition"] },
};

const names: Readonly<Record<string, CommandName>> = {
  review: "review",
  "review full": "review_full",
  "full review": "review_full",
  pause: "pause",
  resume: "resume",
  resolve: "resolve",
  config: "config",
  configuration: "config",
  help: "help",
};

/**
 * @param appName what people write after `@`; null: not known, then only `/reviewd` addresses us
 * @returns null when the comment asks nothing of us
 */
export function parseCommand(body: string, appName: string | null): ParsedComment | null {
  const text = body.slice(0, maxReadLength);
  const mention = appName === null ? null : `@${RegExp.escape(appName)}(?:\\[bot\\])?`;
  const address = new RegExp(
    `^[ \\t]*(?:(/reviewd)|${mention ?? "(?!)"})(?=[\\s,:]|$)[,:]?[ \\t]*(.*)$`,
    "isu",
  );
  const anywhere = new RegExp(`(?<![\\w/@.+-])${mention ?? "(?!)"}(?![\\w/-])`, "iu");
  if (!/\/reviewd/i.test(text) && !anywhere.test(text)) return null;
  const paragraphs = fromMarkdown(text, { extensions: [blocksOnly] }).children.filter(isRunningText);
  for (const line of paragraphs.flatMap((paragraph) => linesOf(text, paragraph))) {
    const [, slash, rest] = address.exec(line.text) ?? [];
    const parsed = rest === undefined ? null : interpret(rest, text.slice(line.end), slash !== undefined);
    if (parsed) return parsed;
  }
  return paragraphs.some((paragraph) => textsOf(paragraph).some((value) => anywhere.test(value)))
    ? { kind: "mention", text: text.trim() }
    : null;
}

/** @param after what follows the line */
function interpret(rest: string, after: string, bySlash: boolean): ParsedComment | null {
  const words = rest
    .slice(0, maxNameLength)
    .toLowerCase()
    .replace(/[.!]+$/, "")
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "please")
    .join(" ");
  const name = Object.hasOwn(names, words) ? names[words] : undefined;
  if (name) return { kind: "command", name, text: null };
  const question = /^ask(?=\s|$)(.*)$/isu.exec(rest)?.[1];
  if (bySlash && question !== undefined) {
    const asked = `${question}${after}`.trim();
    return asked === ""
      ? { kind: "command", name: "help", text: "ask" }
      : { kind: "command", name: "ask", text: asked };
  }
  // A mention may be part of a sentence that is not for us.
  return bySlash ? { kind: "command", name: "help", text: words === "" ? null : words } : null;
}

/** A command over a line of dashes, as before a signature, is a heading to Markdown. */
function isRunningText(node: Nodes): node is Paragraph | Heading {
  return node.type === "paragraph" || node.type === "heading";
}

/** The lines of a paragraph that do not begin within code or HTML. */
function linesOf(
  text: string,
  paragraph: Paragraph | Heading,
): readonly { readonly text: string; readonly end: number }[] {
  const [start, end] = spanOf(paragraph);
  const covered = paragraph.children
    .filter(({ type }) => type === "inlineCode" || type === "html")
    .map(spanOf);
  return [...text.slice(start, end).matchAll(/[^\r\n]+/g)]
    .map((match) => ({
      text: match[0],
      start: start + match.index,
      end: start + match.index + match[0].length,
    }))
    .filter((line) => !covered.some(([from, to]) => from < line.start && line.start < to));
}

function textsOf(paragraph: Paragraph | Heading): readonly string[] {
  return paragraph.children.flatMap((child) => (child.type === "text" ? [child.value] : []));
}

function spanOf({ position }: Nodes): readonly [number, number] {
  return [position?.start.offset ?? 0, position?.end.offset ?? 0];
}
