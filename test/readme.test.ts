import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import packageJson from "../package.json" with { type: "json" };
import { renderReadme } from "./support/readme.ts";

const readme = await renderReadme();

test("the configuration table is what the settings say (bun run readme writes it)", () => {
  expect(readme.current).toBe(readme.expected);
  expect(readme.expected).toContain("| `PORT` |");
});

test("every path the README names is one of this project", () => {
  const paths = [...readme.current.matchAll(/`((?:src|test|drizzle|helm|bench|dist)\/[\w./-]*)`/g)];
  const named = paths.map(([, path = ""]) => path).filter((path) => !path.startsWith("dist/"));
  expect(named.filter((path) => !existsSync(new URL(`../${path}`, import.meta.url)))).toEqual([]);
  expect(named.length).toBeGreaterThan(10);
});

test("every command the README names is a script of this project", async () => {
  const scripts = [...readme.current.matchAll(/bun(?:@[\d.]+)? run ([a-z:]+)/g)].map(([, name = ""]) => name);
  expect(scripts.filter((name) => !(name in packageJson.scripts))).toEqual([]);
  expect(new Set(scripts)).toContain("demo");
});
