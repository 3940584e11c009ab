/** The GitHub App's credentials, which `up` does without when neither is given. */
import { type Config, ConfigError } from "../../config.ts";

export type App = Pick<Config<"dispatcher">, "githubAppId" | "githubAppPrivateKey">;

/** @throws ConfigError when only one of the two is given */
export function getApp(config: Config<"up">): App | null {
  const { githubAppIdIfAny: githubAppId, githubAppPrivateKeyIfAny: githubAppPrivateKey } = config;
  if (githubAppId !== undefined && githubAppPrivateKey !== undefined) {
    return { githubAppId, githubAppPrivateKey };
  }
  if (githubAppId === undefined && githubAppPrivateKey === undefined) return null;
  const missing = githubAppId === undefined ? "GITHUB_APP_ID" : "GITHUB_APP_PRIVATE_KEY";
  throw new ConfigError(`reviewd up: half a GitHub App is configured\n  ${missing} is not set`);
}
