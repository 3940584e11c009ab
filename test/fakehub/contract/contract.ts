/**
 * Holds a call to GitHub's own description of the endpoint: parameters and body before it is answered, status and
 * body of the answer after. What does not fit is a violation, of the caller or of fakehub itself.
 */
import { allowedAnswer } from "./allowances.ts";
import { closed, isObject, type Json } from "./json-schema.ts";
import type { Operation } from "./operations.ts";
import {
  describeErrors,
  type OperationDescription,
  type ParameterDescription,
  type Reference,
  type ResponseDescription,
  rest,
  validatorFor,
} from "./validators.ts";

export interface ContractRequest {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Of `x-github-api-version`; GitHub takes the oldest it has when there is none. */
  readonly version: string | null;
  /** Undefined when none was sent. */
  readonly body: unknown;
}

export function description(operation: Operation): OperationDescription {
  const [method = "", path = ""] = operation.split(" ");
  const found = rest.paths[path]?.[method.toLowerCase()];
  if (!found) throw new Error(`${operation} is not in the extract of GitHub's description`);
  return found;
}

/** What is wrong with a request; empty when nothing is. */
export function requestProblems(operation: Operation, request: ContractRequest): string[] {
  const described = (description(operation).parameters ?? []).map(resolveParameter);
  return [
    ...versionProblems(request.version),
    ...parameterProblems(operation, described, request),
    ...unknownQuery(described, request.query),
    ...bodyProblems(operation, request.body),
  ];
}

/** The one the extract describes. */
const describedVersion = "2022-11-28";

function versionProblems(version: string | null): string[] {
  if (version === null || version === describedVersion) return [];
  return [`API version ${version} is not the one described here, ${describedVersion}`];
}

function parameterProblems(
  operation: Operation,
  described: readonly ParameterDescription[],
  { parameters, query }: ContractRequest,
): string[] {
  return described.flatMap((parameter) => {
    if (parameter.in === "header") return [];
    const given = parameter.in === "path" ? parameters[parameter.name] : query.get(parameter.name);
    if (given === null || given === undefined)
      return parameter.required ? [`${parameter.in} parameter ${parameter.name} is missing`] : [];
    const validate = validatorFor(`${operation} ${parameter.in} ${parameter.name}`, parameter.schema);
    if (validate(typed(given, parameter.schema))) return [];
    return [`${parameter.in} parameter ${parameter.name}=${given}: ${describeErrors(validate)}`];
  });
}

function unknownQuery(described: readonly ParameterDescription[], query: URLSearchParams): string[] {
  const known = new Set(described.filter((p) => p.in === "query").map((p) => p.name));
  const unknown = [...query.keys()].filter((name) => !known.has(name));
  return unknown.map((name) => `query parameter ${name} is not GitHub's`);
}

function bodyProblems(operation: Operation, body: unknown): string[] {
  const { requestBody } = description(operation);
  if (body === undefined) return requestBody?.required ? ["the body is missing"] : [];
  const schema = requestBody?.content["application/json"]?.schema;
  if (schema === undefined) return ["the endpoint takes no body"];
  const validate = validatorFor(`${operation} request`, closed(schema));
  return validate(body) ? [] : [`body: ${describeErrors(validate)}`];
}

/** What is wrong with an answer; null when nothing is. */
export function answerProblem(operation: Operation, status: number, body: unknown): string | null {
  const key = String(status);
  const described = description(operation).responses[key];
  if (!described) {
    return allowedAnswer(operation, status) ? null : `status ${status} is not one of the endpoint's`;
  }
  const schema = resolveResponse(described).content?.["application/json"]?.schema;
  if (schema === undefined) return null;
  const validate = validatorFor(`${operation} ${key}`, schema);
  return validate(body) ? null : `answer ${key}: ${describeErrors(validate)}`;
}

function resolveParameter(parameter: ParameterDescription | Reference): ParameterDescription {
  if (!("$ref" in parameter)) return parameter;
  return component(rest.components.parameters, parameter.$ref);
}

function resolveResponse(response: ResponseDescription | Reference): ResponseDescription {
  return "$ref" in response ? component(rest.components.responses, response.$ref) : response;
}

function component<Value>(group: Readonly<Record<string, Value>>, pointer: string): Value {
  const found = group[pointer.split("/").at(-1) ?? ""];
  if (!found) throw new Error(`${pointer} is not in the extract`);
  return found;
}

/** Text of a path or query as the value its schema means; what does not fit stays text and fails there. */
function typed(text: string, schema: Json): unknown {
  const type = isObject(schema) ? schema.type : undefined;
  if ((type === "integer" || type === "number") && /^-?\d+$/.test(text)) return Number(text);
  if (type === "boolean" && /^(true|false)$/.test(text)) return text === "true";
  return text;
}
