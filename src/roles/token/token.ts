/** `reviewd token`: creates, lists and revokes API tokens. */
import { type ListedApiToken, listApiTokens, revokeApiToken } from "../../adapters/postgres/api-tokens.ts";
import { connect, type Db } from "../../adapters/postgres/connect.ts";
import { requireSchema } from "../../adapters/postgres/migrate.ts";
import { findOwners } from "../../adapters/postgres/owners.ts";
import type { Command } from "../../command.ts";
import { loadConfig } from "../../config.ts";
import { createApiToken } from "../../domain/owner/create-api-token.ts";
import { ReviewdError } from "../../errors.ts";
import { parseTokenArguments, type TokenArguments, usage } from "./arguments.ts";

export const token: Command = async ({ args, env }) => {
  const wanted = parseTokenArguments(args);
  if (wanted.command === "help") {
    console.log(usage);
    return 0;
  }
  const { databaseUrl } = loadConfig("token", env);
  const database = connect(databaseUrl, "reviewd token", 1);
  try {
    await requireSchema(database.db);
    console.log(await run(database.db, wanted));
    return 0;
  } finally {
    await database.close();
  }
};

async function run(db: Db, wanted: Exclude<TokenArguments, { command: "help" }>): Promise<string> {
  switch (wanted.command) {
    case "create": {
      const ownerId = wanted.owner === null ? null : await getOwnerId(db, wanted.owner);
      const { id, token } = await createApiToken({ db }, { ...wanted, ownerId });
      return `${token}\n\nid ${id}. It is not shown again; keep it where secrets are kept.`;
    }
    case "list":
      return table(await listApiTokens(db));
    case "revoke": {
      const revoked = isUuid(wanted.id) && (await revokeApiToken(db, wanted.id));
      if (!revoked)
        throw new ReviewdError("not_found", `there is no token ${wanted.id}; token list shows the ids`);
      return `revoked ${wanted.id}`;
    }
  }
}

async function getOwnerId(db: Db, login: string): Promise<string> {
  const [owner, ...others] = await findOwners(db, login);
  if (!owner) {
    const hint = "owners are known from their first webhook on";
    throw new ReviewdError("not_found", `there is no owner ${login}; ${hint}`);
  }
  if (others.length === 0) return owner.id;
  const list = [owner, ...others].map(({ id, host }) => `${id} at ${host}`).join(", ");
  throw new ReviewdError(
    "conflict",
    `there are several owners ${login}; give the id of one instead: ${list}`,
  );
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function table(tokens: readonly ListedApiToken[]): string {
  if (tokens.length === 0) return "There is no token yet: reviewd token create makes one.";
  const head = ["ID", "STATE", "NAME", "SCOPES", "OWNER", "CREATED", "EXPIRES", "LAST USED"];
  const rows = [head, ...tokens.map(cells)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}

function cells(token: ListedApiToken): readonly string[] {
  const { id, state, name, scopes, ownerLogin, createdAt, expiresAt, lastUsedAt } = token;
  const times = [createdAt, expiresAt, lastUsedAt].map((time) => time?.toISOString().slice(0, 16) ?? "-");
  // A name may hold anything; control characters would write on the terminal what they like.
  return [id, state, name.replace(/\p{Cc}/gu, "?"), scopes.join(","), ownerLogin ?? "-", ...times];
}
