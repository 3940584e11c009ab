/**
 * The Postgres that benchmarks measure on: one of our own, as durable as in production, with the memory of a small
 * server, and what it costs in CPU time.
 */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../src/adapters/embedded-postgres/embedded-postgres.ts";
import { removeServerFolder } from "../../test/support/server.ts";
import { readProcessTimes } from "./process-times.ts";

export interface BenchServer {
  /** Of a superuser, to its own database; databases of measurements come from `createTestDatabase({ serverUrl })`. */
  readonly url: string;
  /** E.g. `18.4`. */
  readonly version: string;
  /** CPU time of all its processes so far, in ms; NaN where there is no /proc. */
  readonly cpuMs: () => number;
  /** Writes everything to disk, so that what one measurement left to be written is not paid by the next. */
  readonly checkpoint: () => Promise<void>;
  /** Its files are removed when the process exits. */
  readonly stop: () => Promise<void>;
}

/** What differs from Postgres' defaults, which are made for very little memory. Durability stays as it is: on. */
const settings: Readonly<Record<string, string>> = {
  shared_buffers: "1GB",
  max_wal_size: "8GB",
  min_wal_size: "2GB",
  checkpoint_timeout: "30min",
  jit: "off",
};

/** @param extra settings of this benchmark, e.g. `shared_preload_libraries` */
export async function startBenchServer(extra: Readonly<Record<string, string>> = {}): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), "reviewd-bench-"));
  // A benchmark that fails stops it, too: the server ends with its process.
  process.once("exit", () => removeServerFolder(folder));
  const start = () => startEmbeddedPostgres({ folder, searchPath: process.env.PATH ?? "" });
  const unset = await start();
  await withClient(unset.url, async (sql) => {
    for (const [name, value] of Object.entries({ ...settings, ...extra }))
      await sql.unsafe(`alter system set ${name} = '${value}'`);
  });
  // Most of them take effect only at a start.
  await unset.stop();
  const server = await start();
  const version = await withClient(server.url, durableVersion);
  return {
    url: server.url,
    version,
    cpuMs: () => cpuMs(server),
    checkpoint: () => withClient(server.url, async (sql) => void (await sql`checkpoint`)),
    stop: server.stop,
  };
}

async function durableVersion(sql: postgres.Sql): Promise<string> {
  const [row] = await sql<{ durable: boolean; version: string }[]>`
    select current_setting('fsync') = 'on' and current_setting('synchronous_commit') = 'on'
      and current_setting('full_page_writes') = 'on' as durable, current_setting('server_version') as version`;
  if (!row?.durable)
    throw new Error("the server would lose data in a power cut: its figures would mean nothing");
  return row.version;
}

function cpuMs({ folder }: EmbeddedPostgres): number {
  const postmaster = Number(readFileSync(join(folder, "data", "postmaster.pid"), "utf8").split("\n")[0]);
  const { ownMs, childrenMs } = readProcessTimes(postmaster);
  return ownMs + childrenMs;
}

/** A connection for one purpose. */
export async function withClient<T>(url: string, use: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await use(sql);
  } finally {
    await sql.end();
  }
}
