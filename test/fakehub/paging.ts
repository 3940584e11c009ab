/** Cuts lists into pages the way GitHub does: 30 unless asked, 100 at most, neighbours in the Link header. */

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly headers: Readonly<Record<string, string>>;
}

const defaultPerPage = 30;
const mostPerPage = 100;

export function pageOf<Item>(items: readonly Item[], url: URL): Page<Item> {
  const perPage = perPageOf(url);
  const page = Math.max(1, Number(url.searchParams.get("page") ?? 1));
  const lastPage = Math.max(1, Math.ceil(items.length / perPage));
  const links: string[] = [];
  const link = (number: number, rel: string) =>
    links.push(`<${withParameter(url, "page", String(number))}>; rel="${rel}"`);
  if (page > 1) link(page - 1, "prev");
  if (page < lastPage) link(page + 1, "next");
  if (page < lastPage) link(lastPage, "last");
  if (page > 1) link(1, "first");
  return {
    items: items.slice((page - 1) * perPage, page * perPage),
    headers: links.length > 0 ? { link: links.join(", ") } : {},
  };
}

/** Pages by a cursor instead of a number, as lists do that grow at their head. */
export function cursorPageOf<Item>(
  items: readonly Item[],
  url: URL,
  cursorOf: (item: Item) => string,
): Page<Item> {
  const cursor = url.searchParams.get("cursor");
  const start = cursor === null ? 0 : items.findIndex((item) => cursorOf(item) === cursor);
  const from = start < 0 ? items.length : start;
  const until = from + perPageOf(url);
  const next = items[until];
  return {
    items: items.slice(from, until),
    headers: next ? { link: `<${withParameter(url, "cursor", cursorOf(next))}>; rel="next"` } : {},
  };
}

function perPageOf(url: URL): number {
  const asked = Number(url.searchParams.get("per_page") ?? defaultPerPage);
  return Math.min(mostPerPage, Math.max(1, asked));
}

function withParameter(url: URL, name: string, value: string): string {
  const changed = new URL(url);
  changed.searchParams.set(name, value);
  return changed.href;
}
