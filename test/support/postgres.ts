/** Preloaded by bunfig: stops the tests' Postgres when they are done, or interrupted. */
import { afterAll, setDefaultTimeout } from "bun:test";
import { stopTestServer } from "./server.ts";

// A limit for what hangs, not a measure: machines that test are busy. Bun forgets it after the first file, so the
// whole suite is run with --timeout (run-tests.ts).
setDefaultTimeout(180_000);
afterAll(stopTestServer);

process.once("SIGINT", () => void stopTestServer().finally(() => process.exit(130)));
process.once("SIGTERM", () => void stopTestServer().finally(() => process.exit(143)));
