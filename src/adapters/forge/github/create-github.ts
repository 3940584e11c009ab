/** GitHub as a forge, put together from its concerns. */
import type { Logger } from "../../../log.ts";
import type { Forge } from "../forge.ts";
import { createChecks } from "./checks.ts";
import { createCollaborators } from "./collaborators.ts";
import { createComments } from "./comments.ts";
import { createDeliveries } from "./deliveries.ts";
import { createGitHubClient } from "./github-client.ts";
import { githubUrls } from "./github-urls.ts";
import { createInstallations } from "./installations.ts";
import { createPullRequests } from "./pull-requests.ts";
import { createReactions } from "./reactions.ts";
import { createReviews } from "./reviews.ts";
import { createThreads } from "./threads.ts";

export interface GitHubOptions {
  /** `https://api.github.com` or `https://HOST/api/v3`. */
  readonly apiUrl: string;
  readonly appId: number;
  /** PEM, PKCS#1 or PKCS#8. */
  readonly privateKey: string;
  readonly log: Logger;
  readonly timeoutMs?: number;
  /** Milliseconds between two writes of one installation, once a burst of five is spent. GitHub asks for 1,000. */
  readonly writeSpacingMs?: number;
  /**
   * Aborted: every call under way is cut, and every later one fails at once, as `unavailable`. A write that was cut may
   * have been done.
   */
  readonly signal?: AbortSignal;
}

/** Nothing is shared between two of them, and nothing is called before it is needed. */
export function createGitHub(options: GitHubOptions): Forge {
  const { apiUrl, appId, privateKey, timeoutMs = 15_000, writeSpacingMs = 1_000, signal } = options;
  const urls = githubUrls(apiUrl);
  const log = options.log.child({ forge: urls.host });
  const client = createGitHubClient({ urls, appId, privateKey, timeoutMs, writeSpacingMs, signal, log });
  return {
    kind: "github",
    host: urls.host,
    timeoutMs,
    ...createPullRequests(client),
    ...createReviews(client),
    ...createThreads(client),
    ...createComments(client),
    ...createChecks(client, appId),
    ...createCollaborators(client),
    ...createReactions(client),
    ...createDeliveries(client),
    ...createInstallations(client),
  };
}
