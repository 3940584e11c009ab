/**
 * A real Postgres server of our own, for one machine and for tests: found, set up in a folder, started on a free port
 * of the loopback interface behind a password, and stopped with us.
 */
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { ReviewdError } from "../../errors.ts";
import { type GuardedServer, startGuarded } from "./guarded-server.ts";
import { dataFolderOf, makePlace, type Place } from "./place.ts";
import { awaitFormerServer, findReadyServer } from "./postmaster-file.ts";
import { runAs } from "./run-as.ts";
import { type ServerUser, serverUser } from "./server-user.ts";
import { type UsableBinaries, usableBinaries } from "./usable-binaries.ts";

export interface EmbeddedPostgres {
  /** Of the superuser, with its password: not for logs. */
  readonly url: string;
  readonly port: number;
  /** Where its files really are. */
  readonly folder: string;
  /** Settles when the server is gone, asked for or not. */
  readonly exited: Promise<unknown>;
  readonly stop: () => Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Where the server's files are kept; made when missing. One server at a time. */
  readonly folder: string;
  /** The value of PATH, where an installed Postgres is looked for when the package is not there. */
  readonly searchPath: string;
  /** A free one unless given. */
  readonly port?: number;
  /** Server settings by name, as postgresql.conf has them. */
  readonly settings?: Readonly<Record<string, string>>;
}

const superuser = "reviewd";
/** Another process may take the port between our looking and the server's binding. */
const portAttempts = 5;
const readyPollMs = 20;

/** @throws ReviewdError that says what to do */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const user = serverUser(dataFolderOf(options.folder));
  const place = makePlace(options.folder, user);
  const binaries = await usableBinaries(options.searchPath, user, join(place.folder, "native"));
  await awaitFormerServer(place.data);
  if (!existsSync(place.data)) await initialise(place, binaries, user);
  requireVersion(place, binaries);

  const { server, port } = await startOnFreePort(place, binaries, user, options);
  const password = readFileSync(place.passwordFile, "utf8");
  return {
    url: `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`,
    port,
    folder: place.folder,
    exited: server.exited,
    stop: server.stop,
  };
}

/** Made beside its place and then renamed: an interrupted one is never taken for a database. */
async function initialise(place: Place, { initdb }: UsableBinaries, user: ServerUser): Promise<void> {
  const unfinished = `${place.data}.unfinished`;
  const initialPassword = `${place.passwordFile}.initial`;
  const password = crypto.getRandomValues(new Uint8Array(24)).toHex();
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(initialPassword, { force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(initialPassword, password, { mode: 0o400 });
  for (const path of user ? [unfinished, initialPassword] : [])
    chownSync(path, user?.uid ?? 0, user?.gid ?? 0);

  const { exitCode, output } = await runAs(user, [
    initdb,
    `--pgdata=${unfinished}`,
    `--username=${superuser}`,
    `--pwfile=${initialPassword}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--no-locale",
    "--no-instructions",
  ]);
  rmSync(initialPassword);
  if (exitCode !== 0)
    throw new ReviewdError("unavailable", `Postgres could not be set up in ${place.folder}:\n${output}`);
  writeFileSync(place.passwordFile, password, { mode: 0o600 });
  renameSync(unfinished, place.data);
}

function requireVersion({ data, folder }: Place, { major }: UsableBinaries): void {
  const madeBy = Number(readFileSync(join(data, "PG_VERSION"), "utf8"));
  if (madeBy === major) return;
  throw new ReviewdError(
    "conflict",
    `${folder} was made by Postgres ${madeBy}, the one found now is ${major}. Dump it with the old one and load it ` +
      "into a Postgres named by DATABASE_URL, or choose another folder (REVIEWD_DATA_DIR).",
  );
}

async function startOnFreePort(
  place: Place,
  { postgres }: UsableBinaries,
  user: ServerUser,
  options: EmbeddedPostgresOptions,
): Promise<{ readonly server: GuardedServer; readonly port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const server = startGuarded(user, [postgres, ...serverArguments(place, port, options)], place.logFile);
    if (await becomesReady(place, server)) return { server, port };
    const log = readFileSync(place.logFile, "utf8");
    const portTaken = log.includes("could not bind");
    if (options.port === undefined && portTaken && attempt < portAttempts) continue;
    throw new ReviewdError(
      "unavailable",
      `the embedded Postgres in ${place.folder} did not start:\n${log.trim()}`,
    );
  }
}

function serverArguments(place: Place, port: number, options: EmbeddedPostgresOptions): readonly string[] {
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    // A socket would be a second door, one with a path that may be too long for it.
    unix_socket_directories: "",
    max_connections: "200",
    ...options.settings,
  };
  return [
    "-D",
    place.data,
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
}

/** False: it exited instead. A server that recovers after a crash may take its time. */
async function becomesReady({ data }: Place, server: GuardedServer): Promise<boolean> {
  let gone = false;
  server.exited.then(() => {
    gone = true;
  });
  while (!gone) {
    if (findReadyServer(data)) return true;
    await Bun.sleep(readyPollMs);
  }
  return false;
}

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const probe = createServer();
  probe.once("error", reject);
  probe.listen(0, "127.0.0.1", () => {
    const address = probe.address();
    probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
  });
  return await promise;
}
