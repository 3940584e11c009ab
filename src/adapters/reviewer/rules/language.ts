/** Which parser reads a file, decided by its path alone: what the file says of itself is not trusted. */

/** Names as the parser knows them; the built-in ones are capitalised there. */
export type Language =
  | "TypeScript"
  | "Tsx"
  | "JavaScript"
  | "python"
  | "go"
  | "java"
  | "sql"
  | "yaml"
  | "dockerfile";

/** The dialects that rules for JavaScript hold in. */
export const scriptLanguages = ["JavaScript", "TypeScript", "Tsx"] as const satisfies readonly Language[];

/** Languages whose grammar is complete enough for its errors to mean something. */
export const syntaxCheckedLanguages: ReadonlySet<Language> = new Set([
  ...scriptLanguages,
  "python",
  "go",
  "java",
]);

const languageByExtension: Readonly<Record<string, Language>> = {
  ts: "TypeScript",
  mts: "TypeScript",
  cts: "TypeScript",
  tsx: "Tsx",
  js: "JavaScript",
  mjs: "JavaScript",
  cjs: "JavaScript",
  jsx: "JavaScript",
  py: "python",
  pyi: "python",
  go: "go",
  java: "java",
  sql: "sql",
  yml: "yaml",
  yaml: "yaml",
  dockerfile: "dockerfile",
};

export function findLanguage(path: string): Language | null {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (/^(Dockerfile|Containerfile)(\.[\w-]+)?$/.test(name)) return "dockerfile";
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return Object.hasOwn(languageByExtension, extension) ? (languageByExtension[extension] ?? null) : null;
}

const vendored =
  /(^|\/)(vendor|node_modules|third_party|dist|bower_components)\/|[.-]min\.[cm]?js$|\.bundle\.js$/;

/** Code nobody here writes by hand: comments on its style or structure help no one. */
export function isVendored(path: string): boolean {
  return vendored.test(path);
}
