/** Ajv over the two extracts. Compiled once a process, each schema when it is first needed. */
import Ajv, { type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { withAllowances } from "./allowances.ts";
import { type Json, withNulls } from "./json-schema.ts";
import restExtract from "./rest.json";
import webhooksExtract from "./webhooks.json";

/** The extracts are JSON by nature; TypeScript's inferred type of a file that large is of no use. */
export const rest = withAllowances(withNulls(restExtract as unknown as Json)) as unknown as RestExtract;
const webhooks = webhooksExtract as unknown as { readonly webhooks: Record<string, Json> };

interface RestExtract {
  readonly paths: Record<string, Record<string, OperationDescription>>;
  readonly components: {
    readonly schemas: Record<string, Json>;
    readonly parameters: Record<string, ParameterDescription>;
    readonly responses: Record<string, ResponseDescription>;
  };
}

export interface OperationDescription {
  readonly parameters?: readonly (ParameterDescription | Reference)[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Record<string, { readonly schema: Json }>;
  };
  readonly responses: Record<string, ResponseDescription | Reference>;
  readonly "x-github": { readonly enabledForGitHubApps: boolean };
}

export interface Reference {
  readonly $ref: string;
}

export interface ParameterDescription {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Json;
}

export interface ResponseDescription {
  readonly content?: Record<string, { readonly schema: Json }>;
}

const ajv = newAjv("rest", rest);
const webhookAjv = newAjv("webhooks", webhooks);

function newAjv(id: string, document: object): Ajv {
  const instance = new Ajv({ strict: false, allErrors: true, verbose: true, inlineRefs: false });
  addFormats(instance);
  // GitHub says `timestamp` for seconds since 1970, which is no format of JSON Schema.
  instance.addFormat("timestamp", true);
  instance.addFormat("repo.nwo", true);
  instance.addSchema({ $id: id, ...document });
  return instance;
}

const compiled = new Map<string, ValidateFunction>();

/** Compiles a schema of the REST extract; `key` names it for reuse. */
export function validatorFor(key: string, schema: Json): ValidateFunction {
  const known = compiled.get(key) ?? ajv.compile(withAbsoluteReferences(schema) as object);
  compiled.set(key, known);
  return known;
}

/** @throws when the event is not one of the extract. */
export function webhookValidator(name: string): ValidateFunction {
  if (!webhooks.webhooks[name]) throw new Error(`${name} is not in the extract of GitHub's webhooks`);
  const key = `webhook ${name}`;
  const known = compiled.get(key) ?? webhookAjv.compile({ $ref: `webhooks#/webhooks/${name}` });
  compiled.set(key, known);
  return known;
}

function withAbsoluteReferences(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"rest#/components/'));
}

/** Ajv's findings as short sentences. */
export function describeErrors(validate: ValidateFunction): string {
  const sentences = (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const property = params.unevaluatedProperty ?? params.additionalProperty;
    const shown = JSON.stringify(params.allowedValues);
    return `${instancePath || "/"} ${message}${property ? ` (${property})` : ""}${shown ? ` ${shown}` : ""}`;
  });
  return [...new Set(sentences)].slice(0, 8).join("; ");
}
