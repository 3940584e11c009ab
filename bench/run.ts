/** `bun run bench NAME [--assert] [--short]`: runs one benchmark of this folder in a process of its own. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

const names = readdirSync(import.meta.dir)
  .filter((file) => file.endsWith(".ts") && file !== "run.ts")
  .map((file) => file.replace(/\.ts$/, ""))
  .sort();
const usage = `Usage: bun run bench NAME [--assert] [--short]

  NAME       ${names.join(", ")}
  --assert   exit 1 when a goal is missed
  --short    takes under a minute`;

const [name = "", ...flags] = process.argv.slice(2);
if (name === "--help" || name === "-h") {
  console.log(usage);
  process.exit(0);
}
const unknown = flags.filter((flag) => flag !== "--assert" && flag !== "--short");
if (!names.includes(name) || unknown.length > 0) {
  console.error(
    `bench: ${names.includes(name) ? `unknown: ${unknown.join(" ")}` : `no such benchmark: ${name}`}\n\n${usage}`,
  );
  process.exit(2);
}
const install = Bun.spawnSync([process.execPath, "install", "--frozen-lockfile", "--cwd", import.meta.dir]);
if (!install.success)
  console.error(`bench: not installed, needed to compare with:\n${install.stderr.toString()}`);
const child = Bun.spawn([process.execPath, join(import.meta.dir, `${name}.ts`), ...flags], {
  stdio: ["inherit", "inherit", "inherit"],
});
process.exit(await child.exited);
