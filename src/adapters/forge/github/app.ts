/** The GitHub App as GitHub knows it, and what reviewd needs of it. */
import { ReviewdError } from "../../../errors.ts";
import { createGitHubClient } from "./github-client.ts";
import { githubUrls } from "./github-urls.ts";
import { appScope } from "./scope.ts";

/** Issues only because GitHub's event for comments wants it. */
const neededPermissions: Readonly<Record<string, "read" | "write">> = {
  metadata: "read",
  contents: "read",
  pull_requests: "write",
  checks: "write",
  issues: "read",
};

/** Those of installations come unasked. */
const neededEvents: readonly string[] = [
  "pull_request",
  "pull_request_review",
  "pull_request_review_comment",
  "pull_request_review_thread",
  "issue_comment",
  "check_run",
  "repository",
  "push",
];

export interface AppFacts {
  /** Its comments are written by `slug[bot]`. */
  readonly slug: string;
  readonly permissions: Readonly<Record<string, string>>;
  /** What its webhook is sent. */
  readonly events: readonly string[];
}

export interface AppLogin {
  /** `https://api.github.com` or `https://HOST/api/v3`. */
  readonly apiUrl: string;
  readonly appId: number;
  readonly privateKey: string;
}

/** Signs in as the App. @throws ReviewdError invalid_input where the key cannot sign, forbidden where GitHub refuses it */
export async function readApp(
  { apiUrl, appId, privateKey }: AppLogin,
  options: Pick<Parameters<typeof createGitHubClient>[0], "log" | "timeoutMs">,
): Promise<AppFacts> {
  const urls = githubUrls(apiUrl);
  const client = createGitHubClient({ urls, appId, privateKey, writeSpacingMs: 0, ...options });
  const { data } = await client.as(appScope)("GET /app");
  if (!data?.slug) throw new ReviewdError("unavailable", "GitHub does not name the App");
  const granted = Object.entries(data.permissions).flatMap(([name, level]) => (level ? [[name, level]] : []));
  return { slug: data.slug, permissions: Object.fromEntries(granted), events: data.events };
}

/** What of the needed permissions is not granted, as `checks: write`. */
export function lackingPermissions(granted: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(neededPermissions)
    .filter(
      ([name, level]) => granted[name] !== "write" && granted[name] !== "admin" && granted[name] !== level,
    )
    .map(([name, level]) => `${name}: ${level}`);
}

export function lackingEvents(subscribed: readonly string[]): readonly string[] {
  return neededEvents.filter((event) => !subscribed.includes(event));
}
