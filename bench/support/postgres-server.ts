/**
 * The Postgres that benchmarks measure on: one of our own, as durable as in production, with the memory of a small
 * server, and what it costs in CPU time.
 */
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../src/adapters/embedded-postgres/embedded-postgres.ts";
import { removeServerFolder } from "../../test/support/server.ts";

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

/** /proc counts in hundredths of a second on every Linux. */
const tickMs = 10;

/** The postmaster's own time, that of its children, and that of the children that are gone. */
function cpuMs({ folder }: EmbeddedPostgres): number {
  if (process.platform !== "linux") return Number.NaN;
  const postmaster = Number(readFileSync(join(folder, "data", "postmaster.pid"), "utf8").split("\n")[0]);
  let ticks = 0;
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    const times = Number.isInteger(pid) ? readTimes(pid) : null;
    if (times && pid === postmaster) ticks += times.own + times.goneChildren;
    else if (times?.parent === postmaster) ticks += times.own;
  }
  return ticks * tickMs;
}

/** Null: it is gone. */
function readTimes(pid: number): { parent: number; own: number; goneChildren: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name, in parentheses, may hold anything; after it: state, parent, … utime is the 14th field of all.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const field = (number: number) => Number(fields[number - 3]);
    return { parent: field(4), own: field(14) + field(15), goneChildren: field(16) + field(17) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOENT" || code === "ESRCH") return null;
    throw error;
  }
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
