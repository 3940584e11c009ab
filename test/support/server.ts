/** The Postgres server the tests run on: TEST_DATABASE_URL, or one of our own, started when the first test needs it. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../../src/adapters/embedded-postgres/embedded-postgres.ts";

interface TestServer {
  /** Of a superuser, to its own database. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

let started: Promise<TestServer> | null = null;

export function testServer(): Promise<TestServer> {
  started ??= startTestServer();
  return started;
}

/** Stops the server if it is ours, and removes its files. */
export async function stopTestServer(): Promise<void> {
  const server = started;
  started = null;
  await (await server)?.stop();
}

async function startTestServer(): Promise<TestServer> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => {} };
  const folder = mkdtempSync(join(tmpdir(), "reviewd-test-"));
  const server = await startEmbeddedPostgres({
    folder,
    searchPath: process.env.PATH ?? "",
    durable: false,
  });
  const stop = async () => {
    await server.stop();
    removeServerFolder(folder);
  };
  return { url: server.url, stop };
}

/** Where root's temporary folder is closed to others, the files are elsewhere and the folder is a link to them. */
export function removeServerFolder(folder: string): void {
  rmSync(realpathSync(folder), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}
