/** What a query costs, by the formula GitHub documents: connections asked for, divided by a hundred. */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";

export interface QueryCost {
  readonly points: number;
  readonly nodes: number;
}

interface Counter {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  requests: number;
  nodes: number;
}

export function queryCost(document: DocumentNode, variables: Readonly<Record<string, unknown>>): QueryCost {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const counter: Counter = { variables, fragments, requests: 0, nodes: 0 };
  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) count(counter, definition.selectionSet, 1);
  return { points: Math.max(1, Math.round(counter.requests / 100)), nodes: counter.nodes };
}

/** `times`: how often this selection is reached. */
function count(counter: Counter, selections: SelectionSetNode, times: number): void {
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FIELD) countField(counter, selection, times);
    else if (selection.kind === Kind.INLINE_FRAGMENT) count(counter, selection.selectionSet, times);
    else {
      const fragment = counter.fragments.get(selection.name.value);
      if (fragment) count(counter, fragment.selectionSet, times);
    }
  }
}

function countField(counter: Counter, field: FieldNode, times: number): void {
  if (!field.selectionSet) return;
  const ids = argument(counter, field, "ids");
  const size = argument(counter, field, "first") ?? argument(counter, field, "last");
  let reached = times;
  if (Array.isArray(ids)) reached = times * ids.length;
  if (typeof size === "number") {
    counter.requests += times;
    reached = times * size;
  }
  if (reached !== times) counter.nodes += reached;
  count(counter, field.selectionSet, reached);
}

function argument(counter: Counter, field: FieldNode, name: string): unknown {
  const value = field.arguments?.find((given) => given.name.value === name)?.value;
  return value && literalValue(counter, value);
}

function literalValue({ variables }: Counter, value: ValueNode): unknown {
  if (value.kind === Kind.VARIABLE) return variables[value.name.value];
  if (value.kind === Kind.INT) return Number(value.value);
  if (value.kind === Kind.LIST) return value.values;
  return undefined;
}
