/** Gives out an API token. It is shown once: only its hash is kept. */
import { insertApiToken } from "../../adapters/postgres/api-tokens.ts";
import type { Db } from "../../adapters/postgres/connect.ts";
import { createToken, hashToken, type Scope } from "./api-token.ts";

export interface ApiTokenRequest {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Null: instance-wide. */
  readonly ownerId: string | null;
  /** Null: never expires. */
  readonly expiresInMs: number | null;
}

export async function createApiToken(
  { db }: { readonly db: Db },
  request: ApiTokenRequest,
): Promise<{ readonly id: string; readonly token: string }> {
  const token = createToken();
  const tokenHash = hashToken(token);
  if (!tokenHash) throw new Error("a new token does not have the shape of one");
  const { id } = await insertApiToken(db, { ...request, tokenHash });
  return { id, token };
}
