import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import packageJson from "../package.json" with { type: "json" };
import { configurationKeys, settingNames } from "../src/domain/configuration/review-settings.ts";
import { renderReadme } from "./support/readme.ts";

const readme = await renderReadme();
const contributing = await Bun.file(new URL("../CONTRIBUTING.md", import.meta.url)).text();
const pages = `${readme.current}\n${contributing}`;

test("the tables are what the settings say (bun run readme writes them)", () => {
  expect(readme.current).toBe(readme.expected);
  expect(readme.expected).toContain("| `PORT` |");
  for (const key of configurationKeys) expect(readme.expected).toContain(`| \`${settingNames[key]}\` |`);
});

test("every path that README and CONTRIBUTING name is one of this project", () => {
  const paths = [...pages.matchAll(/`((?:src|test|drizzle|helm|bench|dist)\/[\w./-]*)`/g)];
  const named = paths.map(([, path = ""]) => path).filter((path) => !path.startsWith("dist/"));
  expect(named.filter((path) => !existsSync(new URL(`../${path}`, import.meta.url)))).toEqual([]);
  expect(named.length).toBeGreaterThan(10);
});

test("every command that README and CONTRIBUTING name is a script of this project", async () => {
  const scripts = [...pages.matchAll(/bun(?:@[\d.]+)? run ([a-z:]+)/g)].map(([, name = ""]) => name);
  expect(scripts.filter((name) => !(name in packageJson.scripts))).toEqual([]);
  expect(new Set(scripts)).toContain("demo");
});

test.skipIf(Bun.which("jq") === null)(
  "what tells how precise each rule was makes whole rows, also of what nobody voted on",
  async () => {
    const [, program = ""] = /\/feedback\/summary\?[^']*\| jq -r '([^']*)'/.exec(readme.current) ?? [];
    const group = (rule: string, week: string, precision: object) => ({
      group: { rule, week },
      comments: 2,
      precision,
    });
    const groups = [
      group("javascript/eval", "2026-11-09", { value: null, low: 0, high: 1 }),
      group("javascript/eval", "2026-11-02", { value: 0, low: 0, high: 0.7935 }),
      group("", "2026-11-02", { value: 0.75, low: 0.3006, high: 0.9544 }),
    ];
    const jq = Bun.spawn(["jq", "-r", program], { stdin: Buffer.from(JSON.stringify({ groups })) });
    expect((await jq.stdout.text()).split("\n").map((line) => line.split("\t"))).toEqual([
      ["rule", "week", "comments", "precision", "low", "high"],
      ["-", "2026-11-02", "2", "0.75", "0.3006", "0.9544"],
      ["javascript/eval", "2026-11-02", "2", "0", "0", "0.7935"],
      ["javascript/eval", "2026-11-09", "2", "-", "0", "1"],
      [""],
    ]);
  },
);
