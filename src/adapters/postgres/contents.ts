/** The contents table: what runs saw and got, each content once, however many tasks refer to it. */
import { sql } from "drizzle-orm";
import type { Tx } from "./connect.ts";
import { contents } from "./schema.ts";

export interface Content {
  /** SHA-256 of the content before compression. */
  readonly digest: Uint8Array;
  /** zstd */
  readonly compressed: Uint8Array;
  /** Before compression. */
  readonly bytes: number;
}

/**
 * Keeps these and locks them, so that none is deleted before a reference to it is committed. All of a transaction go in
 * one call, in the order of their digests: transactions that keep the same ones cannot lock each other out.
 */
export async function keepContents(tx: Tx, kept: readonly Content[]): Promise<void> {
  const byDigest = new Map(kept.map((content) => [Buffer.from(content.digest).toString("hex"), content]));
  const rows = [...byDigest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, content]) => content);
  if (rows.length === 0) return;
  await tx
    .insert(contents)
    .values(rows)
    .onConflictDoUpdate({
      target: contents.digest,
      set: { keptAt: sql`excluded.kept_at` },
      // A row is locked also where it is not changed.
      setWhere: sql`${contents.keptAt} < excluded.kept_at - interval '1 day'`,
    });
}
