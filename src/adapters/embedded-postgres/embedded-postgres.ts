/**
 * A real Postgres server of our own, for one machine and for tests: found, set up in a folder, started on a free port
 * of the loopback interface behind a password, and stopped with us.
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { ReviewdError } from "../../errors.ts";
import { listBinaries } from "./binaries.ts";
import { type GuardedServer, startGuarded } from "./guarded-server.ts";
import { initialise, requireVersion, superuser } from "./initialise.ts";
import { dataFolderOf, makePlace, type Place } from "./place.ts";
import { awaitFormerServer, isReady } from "./postmaster-file.ts";
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
  /** False: nothing is flushed to disk; the data survive a killed server, but no power cut. */
  readonly durable?: boolean;
}

/** Another process may take the port between our looking and the server's binding. */
const portAttempts = 5;
const readyPollMs = 20;

/** @throws ReviewdError that says what to do */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const user = serverUser(dataFolderOf(options.folder));
  const place = makePlace(options.folder, user);
  const binaries = await usableBinaries(listBinaries(options.searchPath), user, join(place.folder, "native"));
  await awaitFormerServer(place.data);
  if (!existsSync(place.data)) await initialise({ place, binaries, user, durable: options.durable ?? true });
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

function serverArguments(
  place: Place,
  port: number,
  { durable = true }: EmbeddedPostgresOptions,
): readonly string[] {
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    // A socket would be a second door, one with a path that may be too long for it.
    unix_socket_directories: "",
    max_connections: "200",
    ...(durable ? {} : { fsync: "off", full_page_writes: "off" }),
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
    if (isReady(data)) return true;
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
