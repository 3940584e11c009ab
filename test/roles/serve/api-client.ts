/**
 * serve's application behind a real port. Every answer is checked against the OpenAPI document: a status, a content
 * type or a field that is not described there fails the test.
 */
import { createHmac } from "node:crypto";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { type Scope, scopes } from "../../../src/domain/owner/api-token.ts";
import { createApiToken } from "../../../src/domain/owner/create-api-token.ts";
import { createLog } from "../../../src/log.ts";
import { createApp } from "../../../src/roles/serve/app.ts";
import { createTestDatabase } from "../../support/database.ts";

export const webhookSecrets = ["the-newest-webhook-secret", "the-webhook-secret-before"] as const;

// biome-ignore lint/suspicious/noExplicitAny: what is in it is checked against the OpenAPI document
type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export async function startApi() {
  const database = await createTestDatabase();
  const { db } = database;
  const lines: string[] = [];
  const log = createLog("debug", { role: "serve" }, { write: (line: string) => void lines.push(line) });
  const intake = { forge: "github", host: "github.test", ownerMaxRunning: 4, taskMaxAttempts: 3 } as const;
  const app = createApp({ db, log, intake, webhookSecrets });
  const server = Bun.serve({ port: 0, fetch: app.fetch, maxRequestBodySize: 32 * 1024 * 1024 });
  const url = `http://127.0.0.1:${server.port}`;
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
  const check = createCheck(document);

  const request = async (method: string, path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(url + path, { ...init, method });
    const answer = { status: response.status, headers: response.headers, body: await response.json() };
    check(method, path, answer);
    return answer;
  };
  const createToken = async (given: readonly Scope[] = scopes, ownerId: string | null = null) =>
    (await createApiToken({ db }, { name: "test", scopes: given, ownerId, expiresInMs: null })).token;
  const get = (path: string, token: string, method = "GET") =>
    request(method, path, { headers: { authorization: `Bearer ${token}` } });
  /** Sends a webhook signed with the secret, unless headers say otherwise. */
  const webhook = (body: Uint8Array | string, headers: Record<string, string> = {}) =>
    request("POST", "/webhooks/github", {
      body: Buffer.from(body),
      headers: {
        "content-type": "application/json",
        "x-github-event": "ping",
        "x-github-delivery": crypto.randomUUID(),
        "x-hub-signature-256": sign(body),
        ...headers,
      },
    });
  const close = async () => {
    await server.stop(true);
    await database.close();
  };
  return { db, url, app, lines, request, get, webhook, createToken, close };
}

export function sign(body: Uint8Array | string, secret: string = webhookSecrets[0]): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Responses }>>>>;
}
type Responses = Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;

function createCheck(document: OpenApi) {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(close(document) as object, "api");
  return (method: string, path: string, answer: Answer): void => {
    const [pathname = ""] = path.split("?");
    const template = Object.keys(document.paths).find((one) => matches(one, pathname));
    if (template === undefined) {
      if (answer.status !== 404) throw new Error(`${method} ${path} is not described`);
      return;
    }
    const verb = method.toLowerCase();
    const type = answer.headers.get("content-type")?.split(";")[0] ?? "";
    const place = `${method} ${template} ${answer.status} ${type}`;
    const described = document.paths[template]?.[verb]?.responses[answer.status]?.content?.[type];
    if (!described) throw new Error(`${place} is not described`);
    const pointer = ["paths", template, verb, "responses", answer.status, "content", type, "schema"];
    const validate = ajv.getSchema(`api#/${pointer.map((part) => pointerPart(String(part))).join("/")}`);
    if (!validate?.(answer.body)) throw new Error(`${place}: ${ajv.errorsText(validate?.errors)}`);
  };
}

function matches(template: string, pathname: string): boolean {
  return new RegExp(`^${template.replace(/\{[^}]+\}/g, "[^/]+")}$`).test(pathname);
}

/** A part of a JSON pointer in a URI fragment. */
function pointerPart(part: string): string {
  return encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
}

/** Forbids fields that are not described. */
function close(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(close);
  if (typeof schema !== "object" || schema === null) return schema;
  const closed = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, close(value)]));
  const isObject = "properties" in closed && closed.type === "object" && !("additionalProperties" in closed);
  return isObject ? { ...closed, additionalProperties: false } : closed;
}
