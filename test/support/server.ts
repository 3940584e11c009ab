/**
 * The Postgres server the tests run on: TEST_DATABASE_URL, or one of our own, started when the first test needs it.
 * Where the variable names several, each process of a parallel run has one to itself.
 */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../../src/adapters/embedded-postgres/embedded-postgres.ts";

export interface TestServer {
  /** Of a superuser, to its own database. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

let started: Promise<TestServer> | null = null;

export function testServer(): Promise<TestServer> {
  started ??= givenServer() ?? startTestServer();
  return started;
}

/** Stops the server if it is ours, and removes its files. */
export async function stopTestServer(): Promise<void> {
  const server = started;
  started = null;
  await (await server)?.stop();
}

/** @throws ReviewdError that says what to do */
export async function startTestServer(): Promise<TestServer> {
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

function givenServer(): Promise<TestServer> | null {
  const given = process.env.TEST_DATABASE_URL?.split(" ") ?? [];
  const worker = Number(process.env.BUN_TEST_WORKER_ID ?? 1);
  const url = given[(worker - 1) % given.length];
  return url ? Promise.resolve({ url, stop: async () => {} }) : null;
}

/** Where root's temporary folder is closed to others, the files are elsewhere and the folder is a link to them. */
export function removeServerFolder(folder: string): void {
  rmSync(realpathSync(folder), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}
