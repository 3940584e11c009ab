/** One REST call on its way through fakehub, and what a route answers to it. */
import type { Caller } from "./authentication.ts";
import type { Operation } from "./contract/operations.ts";
import { GitHubError, notFound } from "./github-error.ts";
import { type Page, pageOf } from "./paging.ts";
import type { Account, PullRequest, Repository } from "./state.ts";
import type { World } from "./world.ts";

export interface Answer {
  readonly status: number;
  /** Undefined: none. */
  readonly body?: unknown;
  /** Sent as it is, with its own media type. */
  readonly text?: { readonly type: string; readonly content: string };
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (call: Call) => Answer | Promise<Answer>;
export type Routes = Readonly<Partial<Record<Operation, Handler>>>;

interface CallParts {
  readonly world: World;
  readonly operation: Operation;
  readonly url: URL;
  readonly headers: Headers;
  readonly parameters: Readonly<Record<string, string>>;
  readonly caller: Caller;
  readonly body: unknown;
  readonly repository: Repository | null;
}

export class Call {
  readonly world: World;
  readonly operation: Operation;
  readonly url: URL;
  readonly headers: Headers;
  readonly #parts: CallParts;

  constructor(parts: CallParts) {
    this.world = parts.world;
    this.operation = parts.operation;
    this.url = parts.url;
    this.headers = parts.headers;
    this.#parts = parts;
  }

  text(name: string): string {
    const value = this.#parts.parameters[name];
    if (value === undefined) throw new Error(`${this.operation} has no parameter ${name}`);
    return value;
  }

  number(name: string): number {
    return Number(this.text(name));
  }

  query(name: string): string | null {
    return this.url.searchParams.get(name);
  }

  /** Checked against GitHub's schema of this operation before the route was called, which is what makes the cast safe. */
  body<Body>(): Body {
    return (this.#parts.body ?? {}) as Body;
  }

  /** Of a route with `{owner}/{repo}`; visible to the caller. */
  get repository(): Repository {
    const { repository } = this.#parts;
    if (!repository) throw new Error(`${this.operation} names no repository`);
    return repository;
  }

  get caller(): Caller {
    return this.#parts.caller;
  }

  /** The account this call's writes are made by. */
  get author(): Account {
    return this.world.app.bot;
  }

  getPull(parameter = "pull_number"): PullRequest {
    const pull = this.world.findPull(this.repository, this.number(parameter));
    if (!pull) throw notFound();
    return pull;
  }

  /** The token a route for installations was called with. */
  get token() {
    const { caller } = this.#parts;
    if (caller.kind !== "installation") throw new GitHubError(401, "Requires authentication");
    return caller.token;
  }

  page<Item>(items: readonly Item[]): Page<Item> {
    return pageOf(items, this.url);
  }

  /** A page of a list, each item shown by `render`. */
  list<Item>(items: readonly Item[], render: (item: Item) => unknown): Answer {
    const page = this.page(items);
    return { status: 200, body: page.items.map(render), headers: page.headers };
  }
}

/** Whether `at` is not before the `since` a list was asked for. */
export function isSince(call: Call, at: string): boolean {
  const since = call.query("since");
  return since === null || Date.parse(at) >= Date.parse(since);
}
