/** Parses the files named on standard input, one a line, with ast-grep alone; prints how many milliseconds that took. */
import { readFileSync } from "node:fs";
import { Lang, parse } from "@ast-grep/napi";
import { findLanguage } from "../../src/adapters/reviewer/rules/language.ts";

const paths = (await Bun.stdin.text()).split("\n").filter(Boolean);
const start = performance.now();
for (const path of paths) {
  const language = findLanguage(path);
  const known = Object.values(Lang).find((name) => name === language);
  if (!known) throw new Error(`${path} is in no language that ast-grep brings along`);
  parse(known, readFileSync(path, "utf8")).root();
}
console.log(performance.now() - start);
