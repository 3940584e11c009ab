/** Every call fakehub was asked, so that tests can assert what the product cost GitHub. */
import { requireRoute } from "./route-name.ts";

export interface LedgerCall {
  readonly method: string;
  /** `METHOD /route/{template}`, as GitHub documents it. */
  readonly route: string;
  /** With the query. */
  readonly path: string;
  /** Null while it is not answered. */
  status: number | null;
  installationId: number | null;
  /** GraphQL points it cost. */
  points: number;
  /** Without credentials, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly at: string;
}

export class Ledger {
  readonly calls: LedgerCall[] = [];

  open(request: Request, route: string, at: string): LedgerCall {
    const { pathname, search } = new URL(request.url);
    const headers = Object.fromEntries(
      [...request.headers].filter(([name]) => name !== "authorization" && name !== "cookie"),
    );
    const call: LedgerCall = {
      method: request.method,
      route,
      path: pathname + search,
      status: null,
      installationId: null,
      points: 0,
      headers,
      at,
    };
    this.calls.push(call);
    return call;
  }

  count(route: string): number {
    requireRoute(route);
    return this.calls.filter((call) => call.route === route).length;
  }

  clear(): void {
    this.calls.length = 0;
  }
}
