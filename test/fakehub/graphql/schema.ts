/** GitHub's GraphQL schema, built once a process. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSchema, type GraphQLSchema } from "graphql";

let built: GraphQLSchema | null = null;

export function gitHubSchema(): GraphQLSchema {
  built ??= buildSchema(readFileSync(schemaFile(), "utf8"), { assumeValid: true });
  return built;
}

/** The package's own entry also parses the same schema as 5 MB of JSON, so only the text beside it is read. */
function schemaFile(): string {
  return fileURLToPath(new URL("schema.graphql", import.meta.resolve("@octokit/graphql-schema")));
}
