/**
 * Strings that code builds from literals and values, in every language the injection rules cover: templates,
 * concatenation, formatting. Pure; tells what is literal and which values go in.
 */
import type { SgNode } from "@ast-grep/napi";
import { kindOf, spotOf } from "./nodes.ts";

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
  "verbatim_string_literal",
  "encapsed_string",
  "line_string_literal",
  "multi_line_string_literal",
  "subshell",
]);
const contentKinds: ReadonlySet<string> = new Set([
  "string_fragment",
  "string_content",
  "escape_sequence",
  "interpreted_string_literal_content",
  "raw_string_literal_content",
  "multiline_string_fragment",
  "string_literal_content",
  "raw_string_content",
  "line_str_text",
  "multi_line_str_text",
  "quoted_content",
]);
/** What stands for a value inside of a literal: its own expression is in it. */
const substitutionKinds: ReadonlySet<string> = new Set([
  "template_substitution",
  "interpolation",
  "interpolated_expression",
]);
/** What is a value as it stands, in PHP and Kotlin. */
const bareValueKinds =
  /^(variable_name|member_access_expression|subscript_expression|interpolated_identifier)$/;
const wrapperKinds: ReadonlySet<string> = new Set(["parenthesized_expression", "concatenated_string"]);
const joinKinds: ReadonlySet<string> = new Set([
  "binary_expression",
  "binary_operator",
  "binary",
  "additive_expression",
  "infix_expression",
]);
/** PHP joins with a dot, Lua with two, Elixir with `<>`. */
const joinOperators: ReadonlySet<string> = new Set(["+", ".", "..", "<>"]);

function piecesOf(node: SgNode): Piece[] {
  const kind = kindOf(node);
  if (literalKinds.has(kind)) return literalPieces(node);
  if (kind === "interpolated_string_expression") return interpolatedPieces(node);
  if (wrapperKinds.has(kind)) return node.namedChildren().flatMap(piecesOf);
  if (joinKinds.has(kind)) return joinPieces(node);
  return formatPieces(node) ?? macroPieces(node) ?? [node];
}

function literalPieces(node: SgNode): Piece[] {
  return node.namedChildren().flatMap((child): Piece[] => {
    if (contentKinds.has(kindOf(child))) return [child.text()];
    if (bareValueKinds.test(kindOf(child))) return [child];
    const value = substitutionKinds.has(kindOf(child)) ? substituted(child) : undefined;
    return value ? piecesOf(value) : [];
  });
}

/** Some grammars count the braces among the named children. */
function substituted(substitution: SgNode): SgNode | undefined {
  return substitution.namedChildren().find((child) => !child.is("interpolation_brace"));
}

/** C# as the other languages; Scala, whose grammar has no nodes for the text between, where the prefix makes a plain string. */
function interpolatedPieces(node: SgNode): Piece[] {
  const scala = node.children().find((child) => child.is("interpolated_string"));
  if (!scala) return literalPieces(node);
  if (!/^[sf]"/.test(node.text())) return [node];
  const text = scala.text();
  const { start } = spotOf(scala);
  let read = 0;
  const pieces = scala.namedChildren().flatMap((child): Piece[] => {
    const spot = spotOf(child);
    const before = text.slice(read, spot.start - start);
    read = spot.end - start;
    return [before, substituted(child) ?? child];
  });
  return [...pieces, text.slice(read)].map((piece) =>
    typeof piece === "string" ? piece.replace(/^"+|"+$/g, "") : piece,
  );
}

/** `a + b`, and Python's `"…" % values`. */
function joinPieces(node: SgNode): Piece[] {
  const left = node.field("left") ?? node.child(0);
  const right = node.field("right") ?? node.child(2);
  if (!left || !right) return [node];
  const operator = (node.field("operator") ?? node.child(1))?.text() ?? "";
  if (joinOperators.has(operator)) return [...piecesOf(left), ...piecesOf(right)];
  if (operator === "%" && literalKinds.has(kindOf(left))) return [...literalPieces(left), ...valuesOf(right)];
  return [node];
}

/** Rust's `format!("… {}", a)` and `format!("… {a}")`. */
function macroPieces(node: SgNode): Piece[] | null {
  if (!node.is("macro_invocation") || !/^(std::)?format!/.test(node.text())) return null;
  const given = node.children().find((child) => child.is("token_tree"));
  const [format, ...values] = given?.namedChildren() ?? [];
  if (!format || !literalKinds.has(kindOf(format))) return null;
  const inline = [...format.text().matchAll(/\{([a-z_]\w*)(?::[^{}]*)?\}/g)].filter(
    ([, name = ""]) => !isConstantName(name),
  );
  return [...literalPieces(format), ...values, ...(inline.length > 0 ? [node] : [])];
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
  return isConstantName(name) || safeCall.test(text) || isLiteralConstant(value);
}

function isConstantName(name: string): boolean {
  return structural.test(name);
}

/** A name that the file declares as a constant with a string literal for its value. */
function isLiteralConstant(value: SgNode): boolean {
  if (!value.is("identifier")) return false;
  const declaration = `\\b(?:const|final)\\b[^\\n;=]*\\b${value.text()}\\b[^\\n;=]*=\\s*(["'\`])(?:(?!\\1|\\$\\{)[^])*\\1\\s*(?:;|$)`;
  return new RegExp(declaration, "m").test(value.getRoot().root().text());
}
