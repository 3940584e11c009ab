/** Pages of a list, as every GraphQL connection of GitHub's has them. */

export interface PageArguments {
  readonly first?: number;
  readonly last?: number;
  readonly after?: string | null;
}

/** @throws Error in GitHub's words without `first` or `last`, or for more than a hundred. */
export function connection<Item, Shown>(
  items: readonly Item[],
  page: PageArguments,
  show: (item: Item) => Shown,
) {
  const size = page.first ?? page.last;
  if (size === undefined)
    throw new Error("You must provide a `first` or `last` value to properly paginate the connection.");
  if (size < 1 || size > 100)
    throw new Error(
      `Requesting ${size} records on the connection exceeds the \`first\` limit of 100 records.`,
    );
  const after = page.after ? indexOf(page.after) + 1 : 0;
  const start = page.first === undefined ? Math.max(after, items.length - size) : after;
  const chosen = items.slice(start, start + size);
  const edges = chosen.map((item, at) => ({ cursor: cursorOf(start + at), node: show(item) }));
  return {
    totalCount: items.length,
    nodes: edges.map((edge) => edge.node),
    edges,
    pageInfo: {
      hasNextPage: start + size < items.length,
      hasPreviousPage: start > 0,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function cursorOf(index: number): string {
  return Buffer.from(`cursor:${index}`).toString("base64");
}

function indexOf(cursor: string): number {
  return Number(Buffer.from(cursor, "base64").toString().replace("cursor:", ""));
}
