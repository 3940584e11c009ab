/** Makes the server's data folder and its superuser's password. */
import { chownSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ReviewdError } from "../../errors.ts";
import type { Place } from "./place.ts";
import { runAs } from "./run-as.ts";
import type { ServerUser } from "./server-user.ts";
import type { UsableBinaries } from "./usable-binaries.ts";

export const superuser = "reviewd";

/** Made beside its place and then renamed: an interrupted one is never taken for a database. */
export async function initialise(options: {
  readonly place: Place;
  readonly binaries: UsableBinaries;
  readonly user: ServerUser;
  readonly durable: boolean;
}): Promise<void> {
  const { place, binaries, user, durable } = options;
  const unfinished = `${place.data}.unfinished`;
  const initialPassword = `${place.passwordFile}.initial`;
  const password = crypto.getRandomValues(new Uint8Array(24)).toHex();
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(initialPassword, { force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(initialPassword, password, { mode: 0o400 });
  if (user) for (const path of [unfinished, initialPassword]) chownSync(path, user.uid, user.gid);

  const { exitCode, output } = await runAs(user, [
    binaries.initdb,
    `--pgdata=${unfinished}`,
    `--username=${superuser}`,
    `--pwfile=${initialPassword}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--no-locale",
    "--no-instructions",
    ...(durable ? [] : ["--no-sync"]),
  ]);
  rmSync(initialPassword);
  if (exitCode !== 0)
    throw new ReviewdError("unavailable", `Postgres could not be set up in ${place.folder}:\n${output}`);
  writeFileSync(place.passwordFile, password, { mode: 0o600 });
  renameSync(unfinished, place.data);
}

/** @throws ReviewdError when the data are another major version's, which this one cannot read */
export function requireVersion({ data, folder }: Place, { major }: UsableBinaries): void {
  const madeBy = Number(readFileSync(join(data, "PG_VERSION"), "utf8"));
  if (madeBy === major) return;
  throw new ReviewdError(
    "conflict",
    `${folder} was made by Postgres ${madeBy}, the one found now is ${major}. Dump it with the old one and load it ` +
      "into a Postgres named by DATABASE_URL, or choose another folder (REVIEWD_DATA_DIR).",
  );
}
