/** A process that holds an embedded Postgres, for tests that start it as another user or kill it: `FOLDER`. */
import { startEmbeddedPostgres } from "../../src/adapters/embedded-postgres/embedded-postgres.ts";

const server = await startEmbeddedPostgres({
  folder: process.argv[2] ?? "",
  searchPath: process.env.PATH ?? "",
  durable: false,
});
const { url, folder } = server;
console.log(JSON.stringify({ url, folder }));
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void server.stop().then(() => process.exit(0)));
}
