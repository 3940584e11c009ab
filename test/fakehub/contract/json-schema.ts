/** Makes GitHub's OpenAPI 3.0 schemas into JSON Schema that Ajv compiles, and closes those of requests. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `nullable` is OpenAPI's own; JSON Schema says it with a null type. */
export function withNulls(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(withNulls);
  if (!isObject(schema)) return schema;
  const mapped = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withNulls(value)]));
  if (mapped.nullable !== true) return mapped;
  const { nullable: _, ...rest } = mapped;
  return { anyOf: [rest, { type: "null" }] };
}

/**
 * GitHub's request schemas are open, and GitHub ignores what it does not know. A request that says more than is
 * described hopes for something that will not happen, so here every object takes only its described properties.
 */
export function closed(schema: Json, isAlternative = false): Json {
  if (Array.isArray(schema)) return schema.map((item) => closed(item, isAlternative));
  if (!isObject(schema)) return schema;
  const { additionalProperties, ...rest } = schema;
  const mapped: Record<string, Json> = {};
  for (const [key, value] of Object.entries(rest)) mapped[key] = closedKeyword(key, value);
  // A free map (no properties described) stays one; an alternative's properties belong to the object around it.
  if (!isObject(schema.properties))
    return additionalProperties === undefined ? mapped : { ...mapped, additionalProperties };
  return isAlternative ? mapped : { ...mapped, unevaluatedProperties: false };
}

function closedKeyword(key: string, value: Json): Json {
  if (key === "properties" && isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, property]) => [name, closed(property)]));
  if (key === "items") return closed(value);
  if (key === "allOf" || key === "anyOf" || key === "oneOf") return closed(value, true);
  return value;
}
