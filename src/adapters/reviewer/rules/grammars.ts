/**
 * Loads the parser and its grammars into this process, which must be the parser process: a wrong library path
 * or a bug in a grammar ends the process instead of throwing.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type * as AstGrep from "@ast-grep/napi";

export type Parser = Pick<typeof AstGrep, "parse">;

/** Character that stands for `$` inside a pattern, where the language has no `$` in names; as each package says. */
const expandoChars = {
  bash: "$",
  c: "_",
  cpp: "_",
  csharp: "µ",
  elixir: "µ",
  go: "µ",
  java: "$",
  kotlin: "µ",
  lua: "$",
  php: "$",
  python: "µ",
  ruby: "µ",
  rust: "µ",
  scala: "$",
  sql: "_",
  swift: "µ",
  yaml: "$",
} as const;
type Grammar = keyof typeof expandoChars;
type NativeFiles = Readonly<Record<"napi" | Grammar, string>>;
const grammars = Object.keys(expandoChars) as readonly Grammar[];

/**
 * Copies the native files into `folder`, loads them and deletes the copies: dlopen cannot read from the bundle,
 * and a loaded library needs its file no more.
 * @throws when libraries in this folder cannot be loaded, for example because it is mounted noexec
 */
export async function loadParser(folder: string): Promise<Parser> {
  const files = await nativeFiles();
  const copies = Object.entries(files).map(([name, from]) => ({ from, to: copyPath(folder, name) }));
  for (const { from, to } of copies) copyNative(from, to);
  const library = { exports: {} };
  // The library's own exports; the package's index.js adds nothing but the search for this file.
  process.dlopen(library, copyPath(folder, "napi"));
  const astGrep = library.exports as typeof AstGrep;
  astGrep.registerDynamicLanguage(
    Object.fromEntries(grammars.map((name) => [name, registration(folder, name)])),
  );
  for (const { to } of copies) rmSync(to);
  // What was read to be copied, 30 MB, would stay with this process for as long as it lives.
  Bun.gc(true);
  return astGrep;
}

function copyPath(folder: string, name: string): string {
  return join(folder, name === "napi" ? "napi.node" : `${name}.so`);
}

function registration(folder: string, name: Grammar) {
  return {
    libraryPath: copyPath(folder, name),
    extensions: [name],
    languageSymbol: `tree_sitter_${name === "csharp" ? "c_sharp" : name}`,
    expandoChar: expandoChars[name],
  };
}

function copyNative(from: string, to: string): void {
  writeFileSync(to, readFileSync(from), { mode: 0o700, flag: "wx" });
}

/** Written out so that the bundler drops the branches of other platforms and embeds only this one's files. */
async function nativeFiles(): Promise<NativeFiles> {
  if (process.platform === "linux" && process.arch === "x64")
    return (await import("./native-linux-x64.ts")).nativeFiles;
  if (process.platform === "linux" && process.arch === "arm64")
    return (await import("./native-linux-arm64.ts")).nativeFiles;
  if (process.platform === "darwin" && process.arch === "x64")
    return (await import("./native-darwin-x64.ts")).nativeFiles;
  if (process.platform === "darwin" && process.arch === "arm64")
    return (await import("./native-darwin-arm64.ts")).nativeFiles;
  throw new Error(`no parser is built for ${process.platform} ${process.arch}`);
}
