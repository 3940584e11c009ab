/** A GitHub that answers what a test says, for faults a well-behaved one does not have. It mints any token asked for. */
import { generateKeyPairSync } from "node:crypto";
import { createGitHub, type GitHubOptions } from "../../../../src/adapters/forge/github/create-github.ts";
import { createLog } from "../../../../src/log.ts";

export interface SeenCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

type Answer = (call: SeenCall) => Response | Promise<Response>;

export interface ScriptedGitHub {
  readonly apiUrl: string;
  /** Every call but the minting of tokens. */
  readonly calls: readonly SeenCall[];
  readonly mints: readonly SeenCall[];
  readonly close: () => Promise<void>;
}

export const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2_048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

const mintPath = /^\/api\/v3\/app\/installations\/\d+\/access_tokens$/;

/** @param name starts every token, so that a foreign one is seen */
export function startScriptedGitHub(
  answer: Answer,
  name = "ghs_scripted",
  mint = grant(name),
): ScriptedGitHub {
  const calls: SeenCall[] = [];
  const mints: SeenCall[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const call = {
        method: request.method,
        path: `${pathname}${search}`,
        headers: request.headers,
        body: await request.text(),
      };
      const isMint = mintPath.test(pathname);
      (isMint ? mints : calls).push(call);
      return isMint ? await mint(call) : await answer(call);
    },
  });
  const close = () => server.stop(true);
  return { apiUrl: `http://127.0.0.1:${server.port}/api/v3`, calls, mints, close };
}

/** A mint whose tokens are numbered and valid for an hour. */
export function grant(name: string): Answer {
  let count = 0;
  return () => {
    count += 1;
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    return Response.json({ token: `${name}_${count}`, expires_at }, { status: 201 });
  };
}

/** A forge on a scripted GitHub, quick to give up, and every line it logged. */
export function connectTo(github: { readonly apiUrl: string }, options: Partial<GitHubOptions> = {}) {
  const lines: string[] = [];
  const log = createLog("trace", {}, { write: (line) => lines.push(line) });
  const forge = createGitHub({
    apiUrl: github.apiUrl,
    appId: 1,
    privateKey,
    log,
    timeoutMs: 5_000,
    ...options,
  });
  return { forge, lines };
}

export const shop = { installationId: 7, repositoryId: 11, fullName: "acme/shop" };

/** A pull request of `shop`, as far as it is read. */
export const restPullRequest = {
  number: 1,
  title: "Add cart",
  state: "open",
  merged_at: null,
  user: { id: 5, login: "eve", type: "User" },
  head: { sha: "a".repeat(40), repo: { id: 11 } },
  base: { sha: "b".repeat(40), ref: "main", repo: { id: 11 } },
  labels: [{ name: "bug" }],
  updated_at: "2026-01-02T03:04:05Z",
  closed_at: null,
};

/** What a rejected promise was rejected with. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}
