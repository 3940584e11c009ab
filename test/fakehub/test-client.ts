/** A bare client for the tests of fakehub itself: what the product's own client does, without its care. */
import githubAppJwt from "universal-github-app-jwt";
import type { Fakehub } from "./fakehub.ts";

export interface TestClient {
  readonly token: string;
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<TestAnswer>;
  readonly graphql: (query: string, variables?: object) => Promise<TestAnswer>;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, else the text. Loosely typed: each test knows what it asked for. */
  // biome-ignore lint/suspicious/noExplicitAny: asserting on every field's type would hide what a test is about
  readonly body: any;
}

/** Calls with a token of the owner's installation. */
export async function connect(hub: Fakehub, owner: string, narrowing: object = {}): Promise<TestClient> {
  const path = `/app/installations/${hub.installation(owner).id}/access_tokens`;
  const minted = await callAsApp(hub, "POST", path, narrowing);
  if (minted.status !== 201) throw new Error(`no token: ${minted.status} ${JSON.stringify(minted.body)}`);
  return clientWith(hub, minted.body.token);
}

export function clientWith(hub: Fakehub, token: string): TestClient {
  const authorization = `token ${token}`;
  return {
    token,
    call: (method, path, body, headers) =>
      send(`${hub.apiUrl}${path}`, method, { authorization, ...headers }, body),
    graphql: (query, variables) =>
      send(
        `${hub.origin}/api/graphql`,
        "POST",
        { authorization },
        { query, ...(variables && { variables }) },
      ),
  };
}

export async function callAsApp(
  hub: Fakehub,
  method: string,
  path: string,
  body?: unknown,
): Promise<TestAnswer> {
  const { token } = await githubAppJwt({ id: hub.app.id, privateKey: hub.app.privateKey });
  return await send(`${hub.apiUrl}${path}`, method, { authorization: `Bearer ${token}` }, body);
}

async function send(
  url: string,
  method: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<TestAnswer> {
  const answer = await fetch(url, {
    method,
    redirect: "manual",
    headers: {
      accept: "application/vnd.github+json",
      "user-agent": "fakehub-test",
      "x-github-api-version": "2022-11-28",
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = (answer.headers.get("content-type") ?? "").includes("json");
  return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
}
