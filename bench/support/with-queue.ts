/** A queue with a backlog, in a database of its own, for as long as it is measured. */
import { createTestDatabase } from "../../test/support/database.ts";
import { type Backlog, seedBacklog } from "./backlog.ts";
import type { OpenQueue } from "./lanes.ts";
import { openNaiveQueue, seedNaiveQueue } from "./naive-queue.ts";
import { openPgBoss, seedPgBoss } from "./pg-boss-groups.ts";
import type { BenchServer } from "./postgres-server.ts";
import { openTaskQueue } from "./task-queue.ts";

interface Kind {
  readonly isReviewd: boolean;
  readonly seed: (url: string, backlog: Backlog) => Promise<void>;
  /** @param lanes open at once, at most: each has a connection */
  readonly open: (url: string, lanes: number) => Promise<OpenQueue>;
}

export const reviewd: Kind = { isReviewd: true, seed: seedBacklog, open: openTaskQueue };
export const naive: Kind = { isReviewd: false, seed: seedNaiveQueue, open: openNaiveQueue };
export const pgBoss: Kind = { isReviewd: false, seed: seedPgBoss, open: openPgBoss };

export async function withQueue<T>(
  server: BenchServer,
  queue: { readonly kind: Kind; readonly backlog: Backlog; readonly lanes: number },
  use: (queue: OpenQueue) => Promise<T>,
): Promise<T> {
  const { kind, backlog, lanes } = queue;
  const database = await createTestDatabase({ serverUrl: server.url, migrated: kind.isReviewd });
  try {
    await kind.seed(database.url, backlog);
    await server.checkpoint();
    const opened = await kind.open(database.url, lanes);
    try {
      return await use(opened);
    } finally {
      await opened.close();
    }
  } finally {
    await database.close();
  }
}
