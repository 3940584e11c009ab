/** Preloaded by bunfig: stops the tests' Postgres when they are done, or interrupted. */
import { afterAll } from "bun:test";
import { stopTestServer } from "./server.ts";

afterAll(stopTestServer);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void stopTestServer().finally(() => process.exit(130)));
}
