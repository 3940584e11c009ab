/**
 * Strings that code builds from literals and values, in every language the injection rules cover: templates,
 * concatenation, formatting. Pure; tells what is literal and which values go in.
 */
import type { SgNode } from "@ast-grep/napi";
import { kindOf } from "./nodes.ts";

export interface BuiltString {
  /** The literal text, with a space where a value goes in. */
  readonly literal: string;
  /** The values, without those that are constant by form or name. */
  readonly values: readonly SgNode[];
}

/** Null for what is not recognisably built from at least one string literal. */
export function builtString(node: SgNode): BuiltString | null {
  const pieces = piecesOf(node);
  if (!pieces.some((piece) => typeof piece === "string")) return null;
  const literal = pieces.map((piece) => (typeof piece === "string" ? piece : " ")).join("");
  const values = pieces.filter((piece) => typeof piece !== "string").filter((value) => !isConstant(value));
  return { literal, values };
}

type Piece = string | SgNode;

const literalKinds: ReadonlySet<string> = new Set([
  "string",
  "template_string",
  "string_literal",
  "interpreted_string_literal",
  "raw_string_literal",
]);
const contentKinds: ReadonlySet<string> = new Set([
  "string_fragment",
  "string_content",
  "escape_sequence",
  "interpreted_string_literal_content",
  "raw_string_literal_content",
  "multiline_string_fragment",
]);
const wrapperKinds: ReadonlySet<string> = new Set(["parenthesized_expression", "concatenated_string"]);
const joinKinds: ReadonlySet<string> = new Set(["binary_expression", "binary_operator"]);

function piecesOf(node: SgNode): Piece[] {
  const kind = kindOf(node);
  if (literalKinds.has(kind)) return literalPieces(node);
  if (wrapperKinds.has(kind)) return node.namedChildren().flatMap(piecesOf);
  if (joinKinds.has(kind)) return joinPieces(node);
  return formatPieces(node) ?? [node];
}

function literalPieces(node: SgNode): Piece[] {
  return node.namedChildren().flatMap((child): Piece[] => {
    if (contentKinds.has(kindOf(child))) return [child.text()];
    const value =
      child.is("template_substitution") || child.is("interpolation") ? child.namedChildren()[0] : undefined;
    return value ? piecesOf(value) : [];
  });
}

/** `a + b`, and Python's `"…" % values`. */
function joinPieces(node: SgNode): Piece[] {
  const left = node.field("left");
  const right = node.field("right");
  if (!left || !right) return [node];
  const operator = node.field("operator")?.text();
  if (operator === "+") return [...piecesOf(left), ...piecesOf(right)];
  if (operator === "%" && literalKinds.has(kindOf(left))) return [...literalPieces(left), ...valuesOf(right)];
  return [node];
}

function valuesOf(node: SgNode): SgNode[] {
  return node.is("tuple") ? node.namedChildren() : [node];
}

/** `fmt.Sprintf("…", a)`, `String.format("…", a)`, `"…".format(a)`, `"…".formatted(a)`. */
function formatPieces(node: SgNode): Piece[] | null {
  const called =
    node.field("function")?.text() ?? `${node.field("object")?.text()}.${node.field("name")?.text()}`;
  const given = node.field("arguments")?.namedChildren() ?? [];
  const [format, ...values] = given;
  if (/^(fmt\.Sprintf|String\.format)$/.test(called) && format && literalKinds.has(kindOf(format)))
    return [...literalPieces(format), ...withoutNumbers(format, values)];
  const receiver = node.field("function")?.field("object") ?? node.field("object");
  if (/\.format(ted)?$/.test(called) && receiver && literalKinds.has(kindOf(receiver)))
    return [...literalPieces(receiver), ...given];
  return null;
}

/** What is formatted as a number cannot carry text. */
function withoutNumbers(format: SgNode, values: readonly SgNode[]): SgNode[] {
  const verbs = [...format.text().matchAll(/%[-+# 0]*\d*(?:\.\d+)?([a-zA-Z])/g)].map(
    (match) => match[1] ?? "",
  );
  return values.filter((_, index) => !/^[bcdoxXeEfgGt]$/.test(verbs[index] ?? ""));
}

/** Names for parts of a statement that no parameter can stand for. */
const structural =
  /(table|tbl|column|col|field|schema|database|placeholder|clause|where|condition|order_?by|sort|direction|limit|prefix|suffix)s?(_?(name|sql|list|str))?s?$/i;

/** Functions that make a value safe, or make placeholders. */
const safeCall = /(quote|escape|ident|sanitiz|literal|placeholder)\w*\(|["'`](\?|%s|\$)["'`]/i;

function isConstant(value: SgNode): boolean {
  const text = value.text();
  if (/^[\d.]+$/.test(text) || /^(?:\w+\.)*[A-Z][A-Z0-9_]*$/.test(text)) return true;
  if (/^(Number|parseInt|int|float|len|strconv\.Itoa)\(/.test(text)) return true;
  const name = /(\w+)[^\w]*$/.exec(text)?.[1] ?? "";
  return structural.test(name) || safeCall.test(text) || isLiteralConstant(value);
}

/** A name that the file declares as a constant with a string literal for its value. */
function isLiteralConstant(value: SgNode): boolean {
  if (!value.is("identifier")) return false;
  const declaration = `\\b(?:const|final)\\b[^\\n;=]*\\b${value.text()}\\b[^\\n;=]*=\\s*(["'\`])(?:(?!\\1|\\$\\{)[^])*\\1\\s*(?:;|$)`;
  return new RegExp(declaration, "m").test(value.getRoot().root().text());
}
