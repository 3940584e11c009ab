/**
 * Markdown that may go into a comment although its text came from a pull request or a model. It is parsed, what acts
 * on its own (mentions, references, links, images, HTML, one-click suggestions) becomes plain code, and it is printed
 * again, so that escaping and closed fences come by construction.
 */
import type { InlineCode, Link, Nodes, Parents, PhrasingContent, RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown, gfmToMarkdown } from "mdast-util-gfm";
import { toMarkdown } from "mdast-util-to-markdown";
import { gfm } from "micromark-extension-gfm";
import { cutText, safeText } from "./safe-text.ts";

const cutNote = "\n\n_The rest was cut._";

/** What GitHub turns into a formula, a link, a notification or a reference when it stands in running text. */
const active =
  /\$(?!\s)[^$\n]+(?<!\s)\$(?!\d)|(?:https?|ftp):\/\/[^\s`]+|www\.[^\s`]+|[\w.+-]*@\w[\w./-]*|(?:[\w.-]+\/[\w.-]+|GH-?)?#\d+|\bGH-\d+|\bGHSA(?:-\w{4}){3}/giu;

const phrasingParents: ReadonlySet<Nodes["type"]> = new Set([
  "delete",
  "emphasis",
  "heading",
  "link",
  "linkReference",
  "paragraph",
  "strong",
  "tableCell",
]);

/** Code blocks that GitHub draws or offers to apply instead of showing their text. */
const drawnLanguages = /^(?:suggestion|mermaid|geojson|topojson|stl|math)$/i;

/** @param maxLength of the result, in UTF-16 code units; what is longer is cut, with a note */
export function safeMarkdown(text: string, maxLength: number): string {
  const whole = safeText(text);
  const printed = whole.length > maxLength ? null : print(whole);
  if (printed !== null && printed.length <= maxLength) return printed;
  // Escapes make text longer, so what fits is found by trying. A fence left open by the cut is closed by parsing.
  for (let length = maxLength - cutNote.length; ; length = Math.floor(length * 0.8)) {
    const cut = print(cutText(whole, length));
    if (cut.length + cutNote.length <= maxLength || length <= 0) return cut + cutNote;
  }
}

/** One line of plain words; what stands in backticks stays code. */
export function safeLine(text: string, maxLength = 200): string {
  const line = safeText(text).replace(/\s+/g, " ").trim();
  const cut = line.length > maxLength ? `${cutText(line, maxLength - 1)}…` : line;
  const words = cut.split(/(`[^`]+`)/).flatMap((part): PhrasingContent[] => {
    const code = /^`([^`]+)`$/.exec(part)?.[1];
    return code === undefined ? quietText(part) : [{ type: "inlineCode", value: code }];
  });
  return printTree({ type: "paragraph", children: words });
}

/** A path or other exact text, shown as code on one line. */
export function codeSpan(text: string, maxLength = 200): string {
  const whole = safeText(text).replace(/\s+/g, " ");
  const line = whole.length > maxLength ? `${cutText(whole, maxLength - 1)}…` : whole;
  return printTree({ type: "inlineCode", value: line === "" ? " " : line });
}

function print(source: string): string {
  const root = fromMarkdown(source, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  quiet(root);
  return printTree(root);
}

function printTree(tree: Nodes): string {
  return toMarkdown(tree, { extensions: [gfmToMarkdown()], bullet: "-", emphasis: "_" }).trim();
}

function quiet(parent: Parents): void {
  const children = parent.children.flatMap((child) => quietNode(child, isPhrasing(parent)));
  for (const child of children) if ("children" in child) quiet(child);
  const quieted = joinTexts(children).flatMap((child): RootContent[] =>
    child.type === "text" ? quietText(child.value) : [child],
  );
  // Each replacement is of the content its original was of: blocks for blocks, phrases for phrases.
  (parent as { children: RootContent[] }).children = separateCode(quieted);
}

/** Replaces what acts on its own; children are left for the walk. */
function quietNode(node: RootContent, phrasing: boolean): RootContent[] {
  switch (node.type) {
    case "html":
      return phrasing ? [inlineCode(node.value)] : [{ type: "code", value: node.value }];
    case "code":
      return [{ type: "code", value: node.value, lang: plainLanguage(node.lang) }];
    case "heading":
      return [{ type: "paragraph", children: [{ type: "strong", children: node.children }] }];
    case "image":
    case "imageReference":
      return [inlineCode(`image: ${node.alt || "no description"}`)];
    case "link":
      return quietLink(node);
    case "linkReference":
      return node.children.flatMap((child) => quietNode(child, true));
    case "footnoteReference":
      return [inlineCode(`[^${node.identifier}]`)];
    // Whoever may write could tick it off.
    case "listItem":
      return [{ ...node, checked: null }];
    case "definition":
      return [];
    case "footnoteDefinition":
      return [{ type: "blockquote", children: node.children }];
    default:
      return [node];
  }
}

function quietLink({ children, url }: Link): RootContent[] {
  const [only, ...others] = children;
  const shown = others.length === 0 && only?.type === "text" ? only.value : null;
  if (shown !== null && url.endsWith(shown)) return [inlineCode(shown)];
  const text = children.flatMap((child) => quietNode(child, true));
  return url === ""
    ? text
    : [...text, { type: "text", value: " (" }, inlineCode(url), { type: "text", value: ")" }];
}

function quietText(text: string): PhrasingContent[] {
  const parts: PhrasingContent[] = [];
  let end = 0;
  for (const match of text.matchAll(active)) {
    if (match.index > end) parts.push({ type: "text", value: text.slice(end, match.index) });
    parts.push(inlineCode(match[0]));
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ type: "text", value: text.slice(end) });
  return parts;
}

/** Texts that came to stand side by side read as one, so `@` and `user` from two nodes are still found. */
function joinTexts(nodes: readonly RootContent[]): RootContent[] {
  const joined: RootContent[] = [];
  for (const node of nodes) {
    const last = joined.at(-1);
    if (node.type === "text" && last?.type === "text") {
      joined.splice(-1, 1, { type: "text", value: last.value + node.value });
    } else joined.push(node);
  }
  return joined;
}

/** Two pieces of code side by side would read as one, for their backticks touch; after a dollar sign, as a formula. */
function separateCode(nodes: readonly RootContent[]): RootContent[] {
  return nodes.flatMap((node, i): RootContent[] => {
    const before = nodes[i - 1];
    const touches =
      node.type === "inlineCode" &&
      (before?.type === "inlineCode" || (before?.type === "text" && before.value.endsWith("$")));
    return touches ? [{ type: "text", value: " " }, node] : [node];
  });
}

function inlineCode(value: string): InlineCode {
  return { type: "inlineCode", value: value.replace(/\s+/g, " ") };
}

function plainLanguage(language: string | null | undefined): string | null {
  if (!language || drawnLanguages.test(language)) return null;
  return /^[a-z0-9+#-]{1,20}$/i.test(language) ? language : null;
}

function isPhrasing({ type }: Parents): boolean {
  return phrasingParents.has(type);
}
