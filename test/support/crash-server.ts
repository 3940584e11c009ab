/** Ends an embedded Postgres as a crash does: at once, writing nothing more. Its next start recovers from its log. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EmbeddedPostgres } from "../../src/adapters/embedded-postgres/embedded-postgres.ts";

/** Settles when it is gone. */
export async function crashServer(server: EmbeddedPostgres): Promise<void> {
  const [postmaster = ""] = readFileSync(join(server.folder, "data", "postmaster.pid"), "utf8").split("\n");
  process.kill(Number(postmaster), "SIGQUIT");
  await server.exited;
}
