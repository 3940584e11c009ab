/** One simulated GitHub: its records, how to find them, and the numbers it gives out. */
import type { App } from "./app-identity.ts";
import { Clock } from "./clock.ts";
import type { Limits } from "./limits.ts";
import type { PageForms } from "./page-forms.ts";
import { RateLimits } from "./rate-limits.ts";
import { SecondaryLimits } from "./secondary-limits.ts";
import type {
  Account,
  CheckRun,
  Installation,
  IssueComment,
  Node,
  PullRequest,
  Repository,
  Review,
  ReviewComment,
  ReviewThread,
} from "./state.ts";
import { Tokens } from "./tokens.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

/**
 * Where each kind's numbers start. Issue comments and review comments are numbered apart on GitHub, so the same
 * number can name one of each; starting both at the same one makes a mix-up show at once.
 */
const firstIds = {
  account: 9001,
  installation: 40_001,
  repository: 500_001,
  pull: 2_000_001,
  issueComment: 3_000_001,
  reviewComment: 3_000_001,
  review: 4_000_001,
  thread: 1,
  reaction: 5_000_001,
  checkRun: 6_000_001,
  checkSuite: 6_500_001,
  delivery: 7_000_001,
} as const;

const nodePrefixes = {
  account: "U_kgDO",
  installation: "MDIzOkluc3RhbGxhdGlvbg",
  repository: "R_kgDO",
  pull: "PR_kwDO",
  issueComment: "IC_kwDO",
  reviewComment: "PRRC_kwDO",
  review: "PRR_kwDO",
  thread: "PRRT_kwDO",
  reaction: "REA_lADO",
  checkRun: "CR_kwDO",
  checkSuite: "CS_kwDO",
  delivery: "HD_kwDO",
} as const satisfies Record<Kind, string>;

type Kind = keyof typeof firstIds;

interface WorldParts {
  readonly app: App;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Where the bare repositories are kept. */
  readonly folder: string;
  readonly limits: Limits;
}

export class World {
  readonly app: App;
  readonly origin: string;
  readonly folder: string;
  readonly limits: Limits;
  readonly clock = new Clock();
  readonly accounts: Account[] = [];
  readonly installations: Installation[] = [];
  readonly repositories: Repository[] = [];
  readonly pulls: PullRequest[] = [];
  readonly issueComments = new Map<number, IssueComment>();
  readonly reviewComments = new Map<number, ReviewComment>();
  readonly reviews = new Map<number, Review>();
  readonly threads = new Map<number, ReviewThread>();
  readonly checkRuns = new Map<number, CheckRun>();
  readonly nodes = new Map<string, Node>();
  readonly tokens = new Tokens();
  readonly rateLimits = new RateLimits();
  readonly secondaryLimits = new SecondaryLimits();
  readonly webhooks = new Webhooks(this);
  /** Where fakehub or its caller did what GitHub's own description rules out. */
  readonly violations: string[] = [];
  /** Null: the pages are for looking only. */
  pageForms: PageForms | null = null;
  readonly #lastIds = new Map<Kind, number>();

  constructor({ app, origin, folder, limits }: WorldParts) {
    this.app = app;
    this.origin = origin;
    this.folder = folder;
    this.limits = limits;
    this.accounts.push(app.bot);
  }

  get apiUrl(): string {
    return `${this.origin}/api/v3`;
  }

  nextId(kind: Kind): { readonly id: number; readonly nodeId: string } {
    const id = (this.#lastIds.get(kind) ?? firstIds[kind] - 1) + 1;
    this.#lastIds.set(kind, id);
    return { id, nodeId: `${nodePrefixes[kind]}${Buffer.from(String(id)).toString("base64url")}` };
  }

  findAccount(login: string): Account | null {
    const wanted = login.toLowerCase();
    return (
      this.accounts.find((account) => account.login.toLowerCase() === wanted && !account.deleted) ?? null
    );
  }

  /** By its present name, else by one it had; `moved` says which. */
  findRepository(
    owner: string,
    name: string,
  ): { readonly repository: Repository; readonly moved: boolean } | null {
    const ownedBy = owner.toLowerCase();
    const named = name.toLowerCase();
    const candidates = this.repositories.filter((r) => !r.deleted && r.owner.login.toLowerCase() === ownedBy);
    const present = candidates.find((r) => r.name.toLowerCase() === named);
    if (present) return { repository: present, moved: false };
    const former = candidates.find((r) => r.formerNames.some((n) => n.toLowerCase() === named));
    return former ? { repository: former, moved: true } : null;
  }

  findPull(repository: Repository, number: number): PullRequest | null {
    return this.pulls.find((pull) => pull.repository === repository && pull.number === number) ?? null;
  }

  /** The living installation on a repository's owner, when it covers that repository. */
  installationFor(repository: Repository): Installation | null {
    if (!repository.installed) return null;
    return this.installations.find((i) => i.account === repository.owner && !i.deleted) ?? null;
  }
}
