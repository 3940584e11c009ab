/** The names calls go by in the ledger and in faults: `METHOD /route/{template}`, as GitHub documents them. */
import { operations } from "./contract/operations.ts";

export const graphqlRoute = "POST /graphql";

const gitRoutes = [
  "GET /{owner}/{repo}.git/info/refs",
  "POST /{owner}/{repo}.git/git-upload-pack",
  "POST /{owner}/{repo}.git/git-receive-pack",
];

const known: ReadonlySet<string> = new Set([...operations, graphqlRoute, ...gitRoutes]);

/** A test that names a route that is never called would prove nothing. @throws for a name that is no route. */
export function requireRoute(name: string): void {
  if (!known.has(name)) throw new Error(`${name} is no route of fakehub's; see contract/operations.ts`);
}
