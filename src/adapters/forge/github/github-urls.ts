/** The addresses of one GitHub, all derived from its REST base URL. Loads nothing, so that serve can use it. */

export interface GitHubUrls {
  /** `github.com`, or an Enterprise Server's host, with the port where it is not the usual one. */
  readonly host: string;
  readonly api: string;
  readonly graphql: string;
  /** Where `/OWNER/NAME.git` is. */
  readonly git: string;
}

/**
 * @param apiUrl `https://api.github.com`, `https://HOST/api/v3` (Enterprise Server) or `https://api.SUB.ghe.com`
 *   (data residency)
 */
export function githubUrls(apiUrl: string): GitHubUrls {
  const api = apiUrl.replace(/\/+$/, "");
  const { protocol, host, origin, pathname } = new URL(api);
  if (pathname.endsWith("/api/v3")) {
    const root = `${origin}${pathname.slice(0, -"/api/v3".length)}`;
    return { host, api, graphql: `${root}/api/graphql`, git: root };
  }
  const webHost = host.replace(/^api\./, "");
  return { host: webHost, api, graphql: `${api}/graphql`, git: `${protocol}//${webHost}` };
}

/** The host that owners, repositories and comments are stored under. */
export function hostOf(apiUrl: string): string {
  return githubUrls(apiUrl).host;
}
