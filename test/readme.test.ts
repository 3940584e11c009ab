import { expect, test } from "bun:test";
import packageJson from "../package.json" with { type: "json" };
import { renderReadme } from "./support/readme.ts";

const readme = await renderReadme();

test("the configuration table is what the settings say (bun run readme writes it)", () => {
  expect(readme.current).toBe(readme.expected);
  expect(readme.expected).toContain("| `PORT` |");
});

test("every command the README names is a script or a path of this project", async () => {
  const scripts = [...readme.current.matchAll(/bun(?:@[\d.]+)? run ([a-z:]+)/g)].map(([, name = ""]) => name);
  expect(scripts.filter((name) => !(name in packageJson.scripts))).toEqual([]);
  expect(new Set(scripts)).toContain("demo");
});
