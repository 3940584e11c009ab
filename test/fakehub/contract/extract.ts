/**
 * Cuts the parts of GitHub's own OpenAPI descriptions that fakehub is held to, and writes them beside this file.
 * The packages are far too large to depend on (385 MB unpacked), so fetch them by hand, then run this:
 *
 *   npm pack @octokit/openapi@23.0.2 @octokit/openapi-webhooks@12.1.0
 *   tar xzf octokit-openapi-23.0.2.tgz package/generated/api.github.com.json --transform s/package/rest/
 *   tar xzf octokit-openapi-webhooks-12.1.0.tgz package/generated/api.github.com.json --transform s/package/webhooks/
 *   bun test/fakehub/contract/extract.ts rest/generated/api.github.com.json webhooks/generated/api.github.com.json
 */
import { join } from "node:path";
import { events, operations } from "./operations.ts";

const sources = { rest: "@octokit/openapi@23.0.2", webhooks: "@octokit/openapi-webhooks@12.1.0" };

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** What a validator has no use for; dropped wherever it is a keyword, kept where it is a property's name. */
const proseKeywords = new Set([
  "description",
  "summary",
  "tags",
  "externalDocs",
  "x-octokit",
  "example",
  "examples",
  "title",
  "deprecated",
  "operationId",
  "x-multi-segment",
  "x-github-breaking-changes",
]);
/** Keywords whose value maps free names to schemas. */
const nameMaps = new Set(["properties", "patternProperties", "responses", "content", "headers"]);

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withoutProse(value: Json, keysAreNames = false): Json {
  if (Array.isArray(value)) return value.map((item) => withoutProse(item));
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    if (!keysAreNames && proseKeywords.has(key)) continue;
    kept[key] = withoutProse(inner, !keysAreNames && nameMaps.has(key));
  }
  return kept;
}

function at(document: JsonObject, pointer: string): Json {
  let value: Json = document;
  for (const part of pointer.replace("#/", "").split("/")) {
    const next: Json | undefined = isObject(value) ? value[part] : undefined;
    if (next === undefined) throw new Error(`${pointer} is not in the description`);
    value = next;
  }
  return value;
}

/** Copies each component a value refers to, and what those refer to, into `target.components`. */
function copyReferences(value: Json, source: JsonObject, target: JsonObject): void {
  if (Array.isArray(value)) for (const item of value) copyReferences(item, source, target);
  if (!isObject(value)) return;
  if (typeof value.$ref === "string") copyReference(value.$ref, source, target);
  for (const inner of Object.values(value)) copyReferences(inner, source, target);
}

function copyReference(pointer: string, source: JsonObject, target: JsonObject): void {
  const [kind = "", name = ""] = pointer.replace("#/components/", "").split("/");
  const components = childOf(childOf(target, "components"), kind);
  if (name in components) return;
  const component = withoutProse(at(source, pointer));
  components[name] = component;
  copyReferences(component, source, target);
}

function childOf(parent: JsonObject, key: string): JsonObject {
  const child = parent[key];
  if (isObject(child)) return child;
  const made: JsonObject = {};
  parent[key] = made;
  return made;
}

function extractRest(source: JsonObject): JsonObject {
  const target: JsonObject = { source: sources.rest, paths: {} };
  for (const name of operations) {
    const [method = "", path = ""] = name.split(" ");
    const operation = withoutProse(at(childOf(childOf(source, "paths"), path), method.toLowerCase()));
    childOf(childOf(target, "paths"), path)[method.toLowerCase()] = operation;
    copyReferences(operation, source, target);
  }
  return target;
}

/** The spec's own examples of successful answers, to test the validators themselves. */
function extractExamples(source: JsonObject): JsonObject {
  const target: JsonObject = { source: sources.rest };
  for (const name of operations) {
    const [method = "", path = ""] = name.split(" ");
    const operation = at(childOf(childOf(source, "paths"), path), method.toLowerCase());
    if (!isObject(operation)) continue;
    for (const [status, response] of Object.entries(childOf(operation, "responses"))) {
      const example = status.startsWith("2") ? firstExample(response, source) : undefined;
      if (example !== undefined) childOf(target, name)[status] = example;
    }
  }
  return target;
}

function firstExample(response: Json, source: JsonObject): Json | undefined {
  const content =
    isObject(response) && isObject(response.content) ? response.content["application/json"] : undefined;
  const examples = isObject(content) && isObject(content.examples) ? Object.values(content.examples) : [];
  const [example] = examples;
  if (!isObject(example)) return undefined;
  const resolved = typeof example.$ref === "string" ? at(source, example.$ref) : example;
  return isObject(resolved) ? resolved.value : undefined;
}

function extractWebhooks(source: JsonObject): JsonObject {
  const target: JsonObject = { source: sources.webhooks, webhooks: {} };
  for (const name of events) {
    const content = at(childOf(childOf(source, "webhooks"), name), "post/requestBody/content");
    const schema = withoutProse(at(childOf(content as JsonObject, "application/json"), "schema"));
    childOf(target, "webhooks")[name] = schema;
    copyReferences(schema, source, target);
  }
  return target;
}

async function write(name: string, value: JsonObject): Promise<void> {
  const bytes = await Bun.write(join(import.meta.dir, name), `${JSON.stringify(value)}\n`);
  console.log(`${name}: ${Math.round(bytes / 1024)} KB`);
}

const [restFile, webhooksFile] = process.argv.slice(2);
if (!restFile || !webhooksFile) throw new Error("give the two description files; see the head of this file");
const rest: JsonObject = await Bun.file(restFile).json();
await write("rest.json", extractRest(rest));
await write("examples.json", extractExamples(rest));
await write("webhooks.json", extractWebhooks(await Bun.file(webhooksFile).json()));
