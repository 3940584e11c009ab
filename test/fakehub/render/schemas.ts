/** GitHub's own types of what it answers, so that a renderer that forgets a field does not compile. */
import type { components } from "@octokit/openapi-types";

export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];
