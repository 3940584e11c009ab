/** Picks the first Postgres that runs as the server's user, copying the package's where that user can read it. */
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { ReviewdError } from "../../errors.ts";
import { type Binaries, noBinaries } from "./binaries.ts";
import { runAs } from "./run-as.ts";
import type { ServerUser } from "./server-user.ts";

export interface UsableBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Major version, e.g. 18. */
  readonly major: number;
}

/** Older ones lack what the schema uses. */
const oldestMajor = 15;

/** @param copyFolder where a copy may be kept */
export async function usableBinaries(
  candidates: readonly Binaries[],
  user: ServerUser,
  copyFolder: string,
): Promise<UsableBinaries> {
  const problems: string[] = [];
  for (const found of candidates) {
    const asFound = await tryVersion(found, user);
    if ("major" in asFound) return asFound;
    problems.push(asFound.problem);
    if (found.package === null) continue;
    const copied = await tryVersion(copyPackage(found.package, user, copyFolder), user);
    if ("major" in copied) return copied;
    problems.push(copied.problem);
  }
  if (problems.length === 0) throw noBinaries();
  throw new ReviewdError(
    "unavailable",
    `no Postgres that was found can be used:\n${problems.map((problem) => `  ${problem}`).join("\n")}\n` +
      `Set DATABASE_URL to a Postgres ${oldestMajor} or newer.`,
  );
}

/** Both programs are run: each loads libraries of its own. */
async function tryVersion(
  { initdb, postgres }: Pick<Binaries, "initdb" | "postgres">,
  user: ServerUser,
): Promise<UsableBinaries | { readonly problem: string }> {
  const runs = await Promise.all([initdb, postgres].map((program) => runAs(user, [program, "--version"])));
  const failed = runs.find(({ exitCode }) => exitCode !== 0);
  if (failed) return { problem: `${postgres}: ${failed.output.trim()}` };
  const major = Number(/ (\d+)/.exec(runs[1]?.output ?? "")?.[1]);
  if (major >= oldestMajor) return { initdb, postgres, major };
  return { problem: `${postgres}: version ${major} is older than ${oldestMajor}` };
}

function copyPackage(
  native: string,
  user: ServerUser,
  copyFolder: string,
): Pick<Binaries, "initdb" | "postgres"> {
  const partial = `${copyFolder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  for (const part of ["bin", "lib", "share"]) {
    cpSync(join(native, part), join(partial, part), { recursive: true, verbatimSymlinks: true });
  }
  addMissingLinks(native, partial);
  openTo(partial, user);
  rmSync(copyFolder, { recursive: true, force: true });
  renameSync(partial, copyFolder);
  return { initdb: join(copyFolder, "bin/initdb"), postgres: join(copyFolder, "bin/postgres") };
}

/** npm packages hold no links; the package makes them in an install script, which may not have been run. */
function addMissingLinks(native: string, copy: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links: readonly { source: string; target: string }[] = JSON.parse(readFileSync(list, "utf8"));
  for (const { source, target } of links) {
    const link = join(copy, "..", target.replace(/^native/, basename(copy)));
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}

/** Whatever modes the package was unpacked with. */
function openTo(folder: string, user: ServerUser): void {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  chmodSync(folder, 0o755);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    const executable = entry.isDirectory() || basename(dirname(path)) === "bin";
    chmodSync(path, executable ? 0o755 : 0o644);
    if (user) chownSync(path, user.uid, user.gid);
  }
}
