/**
 * A stateful double of GitHub for tests and the demo, in the shape of an Enterprise Server: reached over HTTP
 * through the product's own `GITHUB_API_URL`, over real git repositories, and held to GitHub's own description of
 * itself. What GitHub's users do is done through the handles in `scenario/`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureAccount, ensureInstallation } from "./acts/accounts.ts";
import { createRepository, pushCommit } from "./acts/repositories.ts";
import { type AppOptions, makeApp } from "./app-identity.ts";
import { type Fault, Faults, Hold } from "./faults.ts";
import type { Files } from "./git/fast-import.ts";
import { Ledger } from "./ledger.ts";
import { gitHubLimits, type Limits } from "./limits.ts";
import type { PageForms } from "./page-forms.ts";
import { InstallationHandle } from "./scenario/installation.ts";
import { PersonHandle } from "./scenario/person.ts";
import { RepositoryHandle } from "./scenario/repository.ts";
import { serverApp, withPresentName } from "./server.ts";
import type { TokenFormat } from "./tokens.ts";
import { emitPing } from "./webhooks/emit.ts";
import { World } from "./world.ts";

export interface FakehubOptions extends AppOptions {
  readonly tokenFormat?: TokenFormat;
  readonly limits?: Partial<Limits>;
  /** 0, the default, takes any free one. */
  readonly port?: number;
}

export interface RepositoryRequest {
  readonly owner: string;
  /** Of an owner that is new; default organization. */
  readonly ownerKind?: "user" | "organization";
  readonly name: string;
  readonly private?: boolean;
  readonly files?: Files;
  readonly defaultBranch?: string;
  /** False: the App is not installed on it. */
  readonly installed?: boolean;
}

export async function startFakehub(options: FakehubOptions = {}): Promise<Fakehub> {
  const folder = await mkdtemp(join(tmpdir(), "fakehub-"));
  const closing = Promise.withResolvers<void>();
  const ledger = new Ledger();
  const faults = new Faults();
  let answer = async (_: Request): Promise<Response> => new Response("starting", { status: 503 });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    idleTimeout: 0,
    fetch: (request) => answer(request),
  });
  const limits = { ...gitHubLimits, ...options.limits };
  const world = new World({ app: makeApp(options), origin: server.url.origin, folder, limits });
  world.tokens.format = options.tokenFormat ?? "opaque";
  const app = serverApp({ world, ledger, faults, closed: closing.promise });
  answer = async (request) => await app.fetch(withPresentName(world, request));
  const stop = async () => {
    closing.resolve();
    await server.stop(true);
    await rm(folder, { recursive: true, force: true });
  };
  return new Fakehub({ world, ledger, faults, stop });
}

interface FakehubParts {
  readonly world: World;
  readonly ledger: Ledger;
  readonly faults: Faults;
  readonly stop: () => Promise<void>;
}

export class Fakehub {
  readonly ledger: Ledger;
  readonly #world: World;
  readonly #faults: Faults;
  readonly #stop: () => Promise<void>;

  constructor({ world, ledger, faults, stop }: FakehubParts) {
    this.#world = world;
    this.ledger = ledger;
    this.#faults = faults;
    this.#stop = stop;
  }

  /** What `GITHUB_API_URL` is set to. */
  get apiUrl(): string {
    return this.#world.apiUrl;
  }

  get origin(): string {
    return this.#world.origin;
  }

  get app() {
    const { id, slug, privateKey, bot } = this.#world.app;
    return { id, slug, privateKey, botLogin: bot.login, botId: bot.id };
  }

  get webhookSecret(): string {
    return this.#world.app.webhookSecret;
  }

  get webhooks() {
    return this.#world.webhooks;
  }

  get clock() {
    return this.#world.clock;
  }

  /** Requests and answers that are not GitHub's. */
  get violations(): readonly string[] {
    return this.#world.violations;
  }

  deliverTo(url: string | null): void {
    this.#world.webhooks.deliverTo(url);
  }

  /** Lets whoever opens a pull request's page do what these forms offer. */
  offerForms(forms: PageForms): void {
    this.#world.pageForms = forms;
  }

  /** Sends what GitHub sends when a hook's URL is set. */
  ping(): void {
    emitPing(this.#world);
  }

  /** The owner, and the App's installation on it, are made on first use. */
  async createRepository(request: RepositoryRequest): Promise<RepositoryHandle> {
    const kind = request.ownerKind === "user" ? "User" : "Organization";
    const owner = ensureAccount(this.#world, request.owner, kind);
    const installed = request.installed ?? true;
    if (installed) ensureInstallation(this.#world, owner);
    const repository = await createRepository(this.#world, {
      owner,
      name: request.name,
      private: request.private ?? false,
      defaultBranch: request.defaultBranch ?? "main",
      parent: null,
      installed,
    });
    const files = request.files ?? { "README.md": `# ${request.name}\n` };
    const branch = repository.defaultBranch;
    await pushCommit(this.#world, repository, {
      branch,
      parent: null,
      files,
      message: "Begin",
      author: owner,
    });
    return new RepositoryHandle(this.#world, repository);
  }

  /** A person, made on first use. */
  user(login: string): PersonHandle {
    return new PersonHandle(this.#world, ensureAccount(this.#world, login));
  }

  /** The App's installation on an account. */
  installation(login: string): InstallationHandle {
    const found = this.#world.installations.findLast((i) => i.account.login === login);
    if (!found) throw new Error(`the App was never installed on ${login}`);
    return new InstallationHandle(this.#world, found);
  }

  /** What the next calls of `METHOD /route/{template}` meet; further faults of a route follow one another. */
  fail(route: string, fault: Fault): void {
    this.#faults.add(route, fault);
  }

  /** Stops the next call of a route at its door, or with `afterCommit` after its work, until it is released. */
  hold(route: string, { afterCommit = false, skip = 0 } = {}): Hold {
    const hold = new Hold();
    this.#faults.add(route, { hold, afterCommit, skip });
    return hold;
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Every installation token so far. */
  get mintedTokens(): readonly string[] {
    return this.#world.tokens.minted;
  }

  /** Every token minted so far stops working, as after a new private key. */
  revokeTokens(): void {
    this.#world.tokens.revokeAll();
  }

  /** @throws when anything that happened was not GitHub's contract. */
  async close(): Promise<void> {
    // Calls that are cut off by closing may break; that is nobody's violation.
    const violations = [...this.#world.violations];
    this.#world.webhooks.stop();
    await this.#stop();
    if (violations.length > 0)
      throw new Error(`fakehub saw what GitHub would not do:\n${violations.join("\n")}`);
  }
}
