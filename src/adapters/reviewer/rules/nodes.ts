/** Small questions that rules ask of syntax tree nodes. */
import type { SgNode } from "@ast-grep/napi";
import type { Edit, Spot } from "./rule.ts";

/** The kind as the text it is; the parser's types would have each grammar's kinds spelled out. */
export function kindOf(node: SgNode): string {
  return String(node.kind());
}

export function spotOf(node: SgNode): Spot {
  const { start, end } = node.range();
  return { start: start.index, end: end.index };
}

/** Puts other text in a node's place; null for a node that is not there. */
export function replaceNode(node: SgNode | null, text: string): Edit | null {
  return node && { ...spotOf(node), text };
}

/** The arguments of a call, without commas, parentheses and comments. */
export function argumentsOf(call: SgNode): SgNode[] {
  const list = call.field("arguments");
  return list ? list.namedChildren().filter((child) => !child.is("comment")) : [];
}

/** The expressions a call is given, in the grammars that wrap each of them or keep the list out of the call's fields. */
export function givenTo(call: SgNode): SgNode[] {
  const children = [...call.children(), ...call.children().flatMap((child) => child.children())];
  const list = call.field("arguments") ?? children.find((child) => listKinds.has(kindOf(child)));
  return (list?.namedChildren() ?? [])
    .filter((child) => !/comment/.test(kindOf(child)))
    .map((child) =>
      /^(value_)?argument$/.test(kindOf(child)) ? (child.namedChildren().at(-1) ?? child) : child,
    );
}

const listKinds: ReadonlySet<string> = new Set(["arguments", "argument_list", "value_arguments"]);

/** A Python call's keyword argument. */
export function keywordArgument(call: SgNode, name: string): SgNode | null {
  return (
    argumentsOf(call).find((each) => each.is("keyword_argument") && each.field("name")?.text() === name) ??
    null
  );
}

/** The nearest ancestor of one of these kinds; null when one of the other kinds comes before it. */
export function findAncestor(
  node: SgNode,
  kinds: readonly string[],
  until: readonly string[],
): SgNode | null {
  for (let at = node.parent(); at; at = at.parent()) {
    if (kinds.includes(kindOf(at))) return at;
    if (until.includes(kindOf(at))) return null;
  }
  return null;
}
