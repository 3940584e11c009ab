/** The api_tokens table: who may call the API. Only hashes are kept. */
import { and, desc, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "./connect.ts";
import { apiTokens, owners } from "./schema.ts";

type ApiTokenRow = typeof apiTokens.$inferSelect;

export interface NewApiToken {
  readonly name: string;
  readonly tokenHash: Uint8Array;
  readonly scopes: readonly string[];
  /** Null: instance-wide. */
  readonly ownerId: string | null;
  /** Null: never expires. */
  readonly expiresInMs: number | null;
}

export async function insertApiToken(db: Db, token: NewApiToken): Promise<{ readonly id: string }> {
  const { expiresInMs, ...values } = token;
  const id = Bun.randomUUIDv7();
  await db.insert(apiTokens).values({
    ...values,
    id,
    scopes: [...token.scopes],
    expiresAt:
      expiresInMs === null ? null : sql`reviewd_now() + ${expiresInMs}::float8 * interval '1 millisecond'`,
  });
  return { id };
}

export interface ValidApiToken {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly ownerId: string | null;
}

/** Null: unknown, expired or revoked. Notes the use, at most once a minute, so that reading stays reading. */
export async function useApiToken(db: Db, tokenHash: Uint8Array): Promise<ValidApiToken | null> {
  const [token] = await db
    .select({
      id: apiTokens.id,
      name: apiTokens.name,
      scopes: apiTokens.scopes,
      ownerId: apiTokens.ownerId,
      usedLately: sql<boolean>`coalesce(${apiTokens.lastUsedAt} > reviewd_now() - interval '1 minute', false)`,
    })
    .from(apiTokens)
    .where(
      and(
        eq(apiTokens.tokenHash, tokenHash),
        isNull(apiTokens.revokedAt),
        sql`(${apiTokens.expiresAt} is null or ${apiTokens.expiresAt} > reviewd_now())`,
      ),
    );
  if (!token) return null;
  const { usedLately, ...valid } = token;
  if (!usedLately) {
    await db.update(apiTokens).set({ lastUsedAt: sql`reviewd_now()` }).where(eq(apiTokens.id, token.id));
  }
  return valid;
}

export interface ListedApiToken extends Omit<ApiTokenRow, "tokenHash"> {
  readonly ownerLogin: string | null;
  readonly state: "valid" | "expired" | "revoked";
}

/** Newest first. */
export async function listApiTokens(db: Db): Promise<readonly ListedApiToken[]> {
  return await db
    .select({
      id: apiTokens.id,
      name: apiTokens.name,
      scopes: apiTokens.scopes,
      ownerId: apiTokens.ownerId,
      ownerLogin: owners.login,
      createdAt: apiTokens.createdAt,
      expiresAt: apiTokens.expiresAt,
      revokedAt: apiTokens.revokedAt,
      lastUsedAt: apiTokens.lastUsedAt,
      state: sql<ListedApiToken["state"]>`case when ${apiTokens.revokedAt} is not null then 'revoked'
        when ${apiTokens.expiresAt} <= reviewd_now() then 'expired' else 'valid' end`,
    })
    .from(apiTokens)
    .leftJoin(owners, eq(owners.id, apiTokens.ownerId))
    .orderBy(desc(apiTokens.id));
}

/** False: there is no such token. Revoking again keeps the first time. */
export async function revokeApiToken(db: Db, id: string): Promise<boolean> {
  const revoked = await db
    .update(apiTokens)
    .set({ revokedAt: sql`coalesce(${apiTokens.revokedAt}, reviewd_now())` })
    .where(eq(apiTokens.id, id))
    .returning({ id: apiTokens.id });
  return revoked.length > 0;
}
