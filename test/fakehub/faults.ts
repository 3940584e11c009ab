/** What fakehub was told to do wrong: the next calls of a route fail, hang or come late. */

import { requireRoute } from "./route-name.ts";

export interface Fault {
  /** Absent, the call is only delayed. */
  readonly status?: number;
  /** Do what was asked, then answer with the fault all the same. */
  readonly afterCommit?: boolean;
  /** How many calls it hits; default 1. */
  readonly times?: number;
  /** How many calls pass before it begins. */
  readonly skip?: number;
  /** Milliseconds before anything happens. */
  readonly delayMs?: number;
  /** Never answer. */
  readonly hang?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Keeps the answer back until it is let go; with `afterCommit`, what was asked is done before. */
  readonly hold?: Hold;
}

/** A call that stands still at a known point, so that a test can act in the middle of it. */
export class Hold {
  readonly #reached = Promise.withResolvers<void>();
  readonly #released = Promise.withResolvers<void>();

  /** Settles when a call has arrived. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  release(): void {
    this.#released.resolve();
  }

  /** fakehub's side: says that the call is here and waits to be let go. */
  async stand(): Promise<void> {
    this.#reached.resolve();
    await this.#released.promise;
  }
}

export class Faults {
  readonly #pending = new Map<string, { fault: Fault; skip: number; left: number }[]>();

  /** `METHOD /route/{template}`; further faults of a route follow when the earlier ones are used up. */
  add(route: string, fault: Fault): void {
    requireRoute(route);
    const list = this.#pending.get(route) ?? [];
    list.push({ fault, skip: fault.skip ?? 0, left: fault.times ?? 1 });
    this.#pending.set(route, list);
  }

  clear(): void {
    this.#pending.clear();
  }

  /** The fault that hits this call, counted as used. */
  take(route: string): Fault | null {
    const list = this.#pending.get(route);
    const first = list?.[0];
    if (!list || !first) return null;
    if (first.skip > 0) {
      first.skip -= 1;
      return null;
    }
    first.left -= 1;
    if (first.left <= 0) list.shift();
    return first.fault;
  }
}

/** Answers with the fault itself; GitHub's own words where a test gives none. */
export function faultResponse(fault: Fault): Response {
  const status = fault.status ?? 500;
  const body = fault.body ?? { message: status >= 500 ? "Server Error" : "Faulted", status: String(status) };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/html" : "application/json; charset=utf-8";
  return new Response(text, { status, headers: { "content-type": type, ...fault.headers } });
}

/** A secondary limit as GitHub announces it, to pass to `hub.fail`. */
export function secondaryLimit(retryAfterSecs?: number): Fault {
  return {
    status: 403,
    headers: {
      "x-ratelimit-remaining": "4000",
      ...(retryAfterSecs !== undefined && { "retry-after": String(retryAfterSecs) }),
    },
    body: {
      message:
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. For more on scraping GitHub and how it may affect your rights, please review our Terms of Service.",
      documentation_url:
        "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
    },
  };
}
