/** Signs the App in at GitHub: a short-lived JWT, made with the App's key and kept until shortly before it ends. */
import githubAppJwt from "universal-github-app-jwt";
import { ReviewdError } from "../../../errors.ts";

export interface AppJwt {
  readonly get: () => Promise<string>;
  /** Forgets the one GitHub refused. */
  readonly drop: () => void;
}

export interface AppJwtOptions {
  readonly appId: number;
  /** PEM, PKCS#1 or PKCS#8. */
  readonly privateKey: string;
  readonly now: () => number;
}

/** A JWT lives ten minutes at most; the last one is left alone. */
const marginMs = 60_000;

export function createAppJwt(options: AppJwtOptions): AppJwt {
  let held: { readonly token: string; readonly goodUntilMs: number } | null = null;
  return {
    get: async () => {
      if (held && held.goodUntilMs > options.now()) return held.token;
      const { token, expiration } = await sign(options);
      held = { token, goodUntilMs: expiration * 1_000 - marginMs };
      return token;
    },
    drop: () => {
      held = null;
    },
  };
}

async function sign({ appId, privateKey, now }: AppJwtOptions) {
  try {
    return await githubAppJwt({ id: appId, privateKey, now: Math.floor(now() / 1_000) });
  } catch (cause) {
    // The cause stays out: crypto errors may quote what they could not read.
    const name = cause instanceof Error ? cause.name : "unknown error";
    throw new ReviewdError("invalid_input", `the App's private key cannot sign (${name})`);
  }
}
