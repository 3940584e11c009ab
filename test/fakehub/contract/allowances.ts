/** Where GitHub is known to do what its own description does not say. Each entry has its reason. */
import { isObject, type Json } from "./json-schema.ts";
import type { Operation } from "./operations.ts";

interface Allowance {
  readonly status: number;
  /** Of the operation; every operation when absent. */
  readonly operations?: RegExp;
  readonly reason: string;
}

const allowances: readonly Allowance[] = [
  { status: 301, reason: "a renamed repository; declared for three endpoints, answered by all" },
  { status: 304, operations: /^GET /, reason: "conditional requests work on every GET" },
  { status: 401, reason: "bad credentials; declared almost nowhere" },
  { status: 403, reason: "a missing permission or a limit; declared for some endpoints only" },
  { status: 404, reason: "what may not be seen does not exist, on every endpoint" },
  { status: 406, operations: /pulls\/\{pull_number\}$/, reason: "a diff that is too large" },
  { status: 422, operations: /^(POST|PATCH|PUT) /, reason: "checks and comments refuse what they cannot do" },
  { status: 429, reason: "primary and secondary limits" },
];

export function allowedAnswer(operation: Operation, status: number): boolean {
  return allowances.some((a) => a.status === status && (a.operations?.test(operation) ?? true));
}

/** Properties that are null on GitHub although described as never null; `schema/property/…`. */
const nullProperties: readonly { readonly at: string; readonly reason: string }[] = [
  { at: "pull-request-review-comment/position", reason: "outdated (github/rest-api-description#5568)" },
  { at: "pull-request-review-comment/line", reason: "outdated" },
  { at: "pull-request-review-comment/original_line", reason: "made before lines were kept" },
  { at: "review-comment/line", reason: "outdated" },
  { at: "review-comment/original_line", reason: "made before lines were kept" },
  { at: "pull-request/head/repo", reason: "the fork was deleted" },
  { at: "pull-request-simple/head/repo", reason: "the fork was deleted" },
  { at: "pull-request/head/user", reason: "the fork's owner was deleted" },
];

/** The extract's schemas with those properties nullable. */
export function withAllowedNulls(schemas: Readonly<Record<string, Json>>): Record<string, Json> {
  const corrected: Record<string, Json> = { ...schemas };
  for (const { at } of nullProperties) {
    const [name = "", ...path] = at.split("/");
    corrected[name] = allowNull(corrected[name] ?? null, path);
  }
  return corrected;
}

function allowNull(schema: Json, path: readonly string[]): Json {
  const [property, ...rest] = path;
  if (property === undefined) return { anyOf: [schema, { type: "null" }] };
  if (!isObject(schema) || !isObject(schema.properties) || !(property in schema.properties))
    throw new Error(`an allowance names ${property}, which the extract does not have`);
  const properties = {
    ...schema.properties,
    [property]: allowNull(schema.properties[property] ?? null, rest),
  };
  return { ...schema, properties };
}
