/** What a crash of Postgres leaves of the pool: transactions go on, and every query gets its own answer. */
import { expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { startEmbeddedPostgres } from "../../../src/adapters/embedded-postgres/embedded-postgres.ts";
import { connect, type Db } from "../../../src/adapters/postgres/connect.ts";
import { crashServer } from "../../support/crash-server.ts";
import { removeServerFolder } from "../../support/server.ts";

const clients = 4;
const crashes = 3;
const transactionsBetween = 20;
const retryMs = 20;

test("transactions go on after crashes of Postgres, each with its own answers", async () => {
  const folder = mkdtempSync(join(tmpdir(), "reviewd-lost-"));
  const options = { folder, searchPath: process.env.PATH ?? "", durable: false };
  let server = await startEmbeddedPostgres(options);
  const { db, close } = connect(server.url, "reviewd test", clients);
  const counts = Array.from({ length: clients }, () => 0);
  let isOver = false;
  const working = counts.map(async (_, client) => {
    while (!isOver) {
      const question = `${client} asks ${counts[client]}`;
      const answer = await ask(db, question);
      if (answer === null) await Bun.sleep(retryMs);
      else expect(answer).toBe(question);
      counts[client] = (counts[client] ?? 0) + (answer === null ? 0 : 1);
    }
  });

  for (let crash = 0; crash <= crashes; crash++) {
    const before = [...counts];
    const haveGoneOn = () =>
      counts.every((count, client) => count >= (before[client] ?? 0) + transactionsBetween);
    while (!haveGoneOn()) await Bun.sleep(retryMs);
    if (crash === crashes) break;
    await crashServer(server);
    server = await startEmbeddedPostgres({ ...options, port: server.port });
  }
  isOver = true;
  await Promise.all(working);
  await close();
  await server.stop();
  removeServerFolder(folder);
});

/** Null: the connection was lost. */
async function ask(db: Db, question: string): Promise<string | null> {
  try {
    return await db.transaction(async (tx) => {
      await tx.execute(sql`select pg_sleep(0.001)`);
      const [row] = await tx.execute<{ answer: string }>(sql`select ${question}::text as answer`);
      return row?.answer ?? "";
    });
  } catch {
    return null;
  }
}
