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

interface Correction {
  /** Keys down to the schema, from the top of the extract. */
  readonly at: readonly string[];
  readonly correct: (schema: Json) => Json;
  readonly reason: string;
}

const orNull = (schema: Json): Json => ({ anyOf: [schema, { type: "null" }] });

/** A property of a named schema, `schema/property/…`, that is null on GitHub although described as never null. */
function nullable(path: string, reason: string): Correction {
  const [name = "", ...properties] = path.split("/");
  const at = ["components", "schemas", name, ...properties.flatMap((property) => ["properties", property])];
  return { at, correct: orNull, reason };
}

const listedInstallation = ["get", "responses", "200", "content", "application/json", "schema", "items"];

const corrections: readonly Correction[] = [
  nullable("pull-request-review-comment/position", "outdated (github/rest-api-description#5568)"),
  nullable("pull-request-review-comment/line", "outdated"),
  nullable("pull-request-review-comment/original_line", "made before lines were kept"),
  nullable("review-comment/line", "outdated"),
  nullable("review-comment/original_line", "made before lines were kept"),
  nullable("pull-request/head/repo", "the fork was deleted"),
  nullable("pull-request-simple/head/repo", "the fork was deleted"),
  nullable("pull-request/head/user", "the fork's owner was deleted"),
  nullable("pull-request/user", "the author's account was deleted"),
  {
    at: ["paths", "/app/installations", ...listedInstallation, "properties", "account"],
    correct: (schema) => JSON.parse(JSON.stringify(schema).replace('"allOf"', '"anyOf"')),
    reason: "described as a user and an enterprise at once, which even GitHub's own example is not",
  },
];

/** The extract with what is known to be wrong in it corrected. */
export function withAllowances(extract: Json): Json {
  return corrections.reduce((schema, { at, correct }) => changedAt(schema, at, correct), extract);
}

function changedAt(schema: Json, at: readonly string[], correct: (schema: Json) => Json): Json {
  const [key, ...rest] = at;
  if (key === undefined) return correct(schema);
  if (!isObject(schema) || !(key in schema))
    throw new Error(`a correction names ${key}, which the extract lacks`);
  return { ...schema, [key]: changedAt(schema[key] ?? null, rest, correct) };
}
