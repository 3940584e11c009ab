/** Lists that GitHub answers a hundred at a time. */
import type { request } from "@octokit/request";
import type { Endpoints } from "@octokit/types";

type ListRoute = Extract<keyof Endpoints, `GET ${string}`>;
type Page<Route extends ListRoute> = Endpoints[Route]["response"]["data"];
type Paging = "page" | "per_page" | "cursor" | "before" | "after";

/** Each page's data in turn, as its route is typed. A page that fails ends the list with the error. */
export async function* pages<Route extends ListRoute>(
  call: typeof request,
  route: Route,
  parameters: Omit<Endpoints[Route]["parameters"], Paging>,
): AsyncGenerator<Page<Route>> {
  let paging: Readonly<Record<string, unknown>> | null = { per_page: 100 };
  while (paging !== null) {
    const whole = { ...parameters, ...paging };
    // A generic route's parameter and answer types stay open to the compiler; both are those of this very route.
    const answer = (await call(route, whole as Parameters<typeof call<Route>>[1])) as {
      readonly data: Awaited<Page<Route>>;
      readonly headers: { readonly link?: string };
    };
    yield answer.data;
    paging = nextPage(answer.headers.link);
  }
}

/** @param link GitHub's `Link` header. Only the query of its address is used, so that calls stay at our base URL. */
function nextPage(link: string | undefined): Readonly<Record<string, string>> | null {
  const url = link?.match(/<([^<>]+)>;\s*rel="next"/)?.[1];
  return url === undefined ? null : Object.fromEntries(new URL(url).searchParams);
}
