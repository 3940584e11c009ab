/**
 * Where the server's files live. Inside the named folder, unless the server's user cannot get there (root's own
 * folders): then under /var/lib/reviewd, and the named folder is a link to it.
 */
import { chmodSync, lstatSync, mkdirSync, realpathSync, rmdirSync, symlinkSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ReviewdError } from "../../errors.ts";
import { canReach, type ServerUser } from "./server-user.ts";

export interface Place {
  /** Ours; only we write here, the server's user may only pass through. */
  readonly folder: string;
  /** The server's own. */
  readonly data: string;
  /** The superuser's password. */
  readonly passwordFile: string;
  readonly logFile: string;
}

/** Where root keeps what an unprivileged user must reach. Not a temporary folder: those are swept by age. */
const sharedFolder = "/var/lib/reviewd";

export function dataFolderOf(folder: string): string {
  return join(folder, "data");
}

/** Makes the folder, or finds it again. */
export function makePlace(named: string, user: ServerUser): Place {
  const folder = placeFor(resolve(named), user);
  chmodSync(folder, user ? 0o711 : 0o700);
  return {
    folder,
    data: dataFolderOf(folder),
    passwordFile: join(folder, "password"),
    logFile: join(folder, "postgres.log"),
  };
}

function placeFor(named: string, user: ServerUser): string {
  mkdirSync(dirname(named), { recursive: true });
  const path = join(realpathSync(dirname(named)), basename(named));
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return realpathSync(path);
  if (!canReach(path, user)) return moveOut(path);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Leaves a link, so that deleting the named folder starts anew and looking at it shows where the data is. */
function moveOut(path: string): string {
  const target = join(sharedFolder, Bun.randomUUIDv7());
  try {
    if (lstatSync(path, { throwIfNoEntry: false })) rmdirSync(path);
    mkdirSync(target, { recursive: true });
    chmodSync(sharedFolder, 0o711);
    symlinkSync(target, path);
  } catch (error) {
    throw new ReviewdError(
      "unavailable",
      `Postgres does not run as root, its user cannot get into ${path}, and its files cannot be kept in ` +
        `${sharedFolder} instead. Name a folder that other users may pass through (REVIEWD_DATA_DIR), or set DATABASE_URL.`,
      { cause: error },
    );
  }
  return target;
}
