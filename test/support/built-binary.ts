/** The binary as `bun run build` makes it, built once for each state of what goes into it. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");
const outdatedMs = 3_600_000;
const inputs = ["src/**/*", "drizzle/*.sql", "package.json", "bun.lock", "tsconfig.json"];

/** Its path. It lies in the clone's dist/, so that it finds the packages beside it as an installed one does. */
export async function builtBinary(): Promise<string> {
  const folder = join(root, "dist/tests");
  const binary = join(folder, `reviewd-${await hashInputs()}`);
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  // Renamed when it is whole: two test runs may build at once.
  const unfinished = `${binary}.${process.pid}`;
  const build = Bun.spawn([process.execPath, "run", "build", "--outfile", unfinished], {
    cwd: root,
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = (await build.stdout.text()) + (await build.stderr.text());
  if ((await build.exited) !== 0) throw new Error(`the binary could not be built:\n${output}`);
  rmSync(`${unfinished}.map`, { force: true });
  renameSync(unfinished, binary);
  removeOutdated(folder);
  return binary;
}

/** Binaries of former states of the sources. Another test run may still use a young one. */
function removeOutdated(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (Date.now() - statSync(path).mtimeMs > outdatedMs) rmSync(path);
  }
}

async function hashInputs(): Promise<string> {
  const paths = inputs.flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: root })]).sort();
  const hasher = new Bun.CryptoHasher("sha256");
  for (const path of paths) hasher.update(path).update(await Bun.file(join(root, path)).bytes());
  return hasher.update(Bun.version).digest("hex").slice(0, 16);
}
