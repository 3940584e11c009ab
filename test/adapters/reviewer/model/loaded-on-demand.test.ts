import { expect, test } from "bun:test";
import { dirname, join, resolve } from "node:path";
import { roleSettings } from "../../../../src/config.ts";

const source = resolve(import.meta.dir, "../../../../src");
const transpiler = new Bun.Transpiler({ loader: "ts" });

/** Packages that a file's own imports lead to before anything is run; types and what is loaded on demand left out. */
async function packagesOf(entry: string): Promise<ReadonlySet<string>> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const imports = transpiler.scanImports(await Bun.file(path).text());
    for (const { path: imported, kind } of imports) {
      if (kind !== "import-statement") continue;
      if (!imported.startsWith(".")) packages.add(imported);
      else if (imported.endsWith(".ts")) await visit(resolve(dirname(path), imported));
    }
  };
  await visit(entry);
  return packages;
}

const roles = Object.keys(roleSettings);

test.each(roles)("%s does not load the AI SDK before it is known to be needed", async (role) => {
  const packages = await packagesOf(join(source, `roles/${role}/${role}.ts`));
  expect(packages.size).toBeGreaterThan(1);
  expect([...packages].filter((name) => name === "ai" || name.startsWith("@ai-sdk/"))).toEqual([]);
});

test("the client does", async () => {
  const packages = await packagesOf(join(source, "adapters/reviewer/model/create-model-client.ts"));
  expect([...packages]).toContain("ai");
});
