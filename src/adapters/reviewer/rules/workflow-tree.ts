/** Reads the YAML syntax tree of a workflow as the mappings and values it stands for. */
import type { SgNode } from "@ast-grep/napi";

/** A `key: value` of a block or flow mapping. */
export interface Entry {
  readonly key: string;
  readonly pair: SgNode;
  /** Null for a key without a value. */
  readonly value: SgNode | null;
}

const pairKinds = ["block_mapping_pair", "flow_pair"];

/** The entry a pair node is. */
export function entryOf(pair: SgNode): Entry {
  return { key: scalarText(pair.field("key")) ?? "", pair, value: pair.field("value") };
}

/** The entries of the mapping that a value node holds; none for other values. */
export function entriesOf(value: SgNode | null): Entry[] {
  const mapping = value?.children().find((child) => child.is("block_mapping") || child.is("flow_mapping"));
  return (mapping?.namedChildren() ?? [])
    .filter((child) => pairKinds.some((kind) => child.is(kind)))
    .map(entryOf);
}

/** Of a step's or job's entry, its siblings. */
export function siblingsOf({ pair }: Entry): Entry[] {
  return (pair.parent()?.namedChildren() ?? [])
    .filter((child) => pairKinds.some((kind) => child.is(kind)))
    .map(entryOf);
}

/** Entries of the document itself: `on`, `permissions`, `jobs`. */
export function topLevel(root: SgNode): Entry[] {
  return entriesOf(
    root
      .find({ rule: { kind: "document" } })
      ?.children()
      .find((child) => child.is("block_node")) ?? null,
  );
}

/** A scalar's text without quotes and block header; null for mappings and sequences. */
export function scalarText(value: SgNode | null): string | null {
  const scalar = value?.children().find((child) => /_scalar$/.test(String(child.kind())));
  if (!scalar) return null;
  return scalar.text().replace(/^(["'])([\s\S]*)\1$/, "$2");
}

/** The names in a string, a sequence of strings or the keys of a mapping, as `on:` may be written. */
export function namesIn(value: SgNode | null): string[] {
  const single = scalarText(value);
  if (single !== null) return [single];
  const keys = entriesOf(value).map((entry) => entry.key);
  const items =
    value?.findAll({ rule: { any: [{ kind: "block_sequence_item" }, { kind: "flow_sequence" }] } }) ?? [];
  return keys.length > 0
    ? keys
    : items.flatMap((item) => item.namedChildren().flatMap((child) => scalarText(child) ?? []));
}
