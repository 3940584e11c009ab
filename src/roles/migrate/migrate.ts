/** `reviewd migrate`: brings the database's schema up to date, then exits. Safe to run again, and several at once. */
import { connect } from "../../adapters/postgres/connect.ts";
import { migrate as migrateDatabase } from "../../adapters/postgres/migrate.ts";
import type { Command } from "../../command.ts";
import { loadConfig } from "../../config.ts";
import { createLog } from "../../log.ts";
import { helpAsked } from "../../role-usage.ts";

const does = `Brings the schema of the database at DATABASE_URL up to date, then exits. Running it again changes nothing; of
several at once, one works and the others wait. It needs the rights to create tables.`;

export const migrate: Command = async (invocation) => {
  if (helpAsked(invocation, "migrate", does)) return 0;
  const { env, signal } = invocation;
  const config = loadConfig("migrate", env);
  const log = createLog(config.logLevel, { role: "migrate" });
  const database = connect(config.databaseUrl, "reviewd migrate", 2);
  try {
    const applied = await migrateDatabase(database.db, { log, signal });
    log.info({ applied }, applied.length > 0 ? "schema brought up to date" : "schema was up to date");
    return 0;
  } finally {
    await database.close();
  }
};
