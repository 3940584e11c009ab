/** The API token that `up` prints: made once, kept in the data folder, made anew when the database does not know it. */
import { useApiToken } from "../../adapters/postgres/api-tokens.ts";
import type { Db } from "../../adapters/postgres/connect.ts";
import { hashToken, scopes } from "../../domain/owner/api-token.ts";
import { createApiToken } from "../../domain/owner/create-api-token.ts";
import { findKept, type KeptFile, keep } from "./kept-files.ts";

const fileName = "api-token";

export async function upToken(db: Db, dataDir: string): Promise<KeptFile> {
  const kept = findKept(dataDir, fileName);
  const hash = kept && hashToken(kept.text);
  if (kept && hash && (await useApiToken(db, hash))) return kept;
  const everything = { name: "up", scopes, ownerId: null, expiresInMs: null };
  const { token } = await createApiToken({ db }, everything);
  return keep(dataDir, fileName, token);
}
