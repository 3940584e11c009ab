/** What `up` tells the person who started it. */
import type { KeptFile } from "./kept-files.ts";

export interface Greeting {
  readonly port: number;
  readonly token: KeptFile;
  /** Where the webhook secret that was made is kept; null: it was given. */
  readonly secretFile: string | null;
  readonly hasApp: boolean;
}

const noApp = `
GitHub App  none, so nothing is reviewed yet. Create one as the README says, point its webhook at the address
            above, set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY (or GITHUB_APP_PRIVATE_KEY_FILE), start again.`;

export function greeting({ port, token, secretFile, hasApp }: Greeting): string {
  const url = `http://localhost:${port}`;
  return `
reviewd is up at ${url} (the API: ${url}/docs)

API token   ${token.text}
            kept in ${token.path}; curl -H "Authorization: Bearer $(cat ${token.path})" ${url}/tasks
Webhooks    ${url}/webhooks/github${secretFile === null ? "" : `, with the secret in ${secretFile}`}${hasApp ? "" : noApp}

Ctrl-C stops it.
`;
}
