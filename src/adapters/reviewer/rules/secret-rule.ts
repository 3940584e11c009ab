/** What all rules about credentials share. */

export const aboutSecrets = {
  kind: "text",
  category: "security",
  why: "Whoever can read the repository, a fork or a cache of it has the credential from now on, also when the line is removed again: revoke it and issue a new one. Read it at run time from the environment or a secret store.",
} as const;

/** Made-up credentials are kept in parts, so that no scanner takes this file's examples for real ones. */
export function madeUp(...parts: readonly string[]): string {
  return parts.join("");
}
