/** The code's form, held by a test: who may import whom, where the environment and SQL are, and how long things get. */
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { Lang, parse, type SgNode } from "@ast-grep/napi";
import { roleSettings } from "../src/config.ts";

const root = resolve(import.meta.dir, "..");

/** Longest file and function, in lines. Splitting beats raising these. */
const maxFileLines = 250;
const maxFunctionLines = 60;
/** Plain lists, one entry after the other, which splitting would only make harder to look up. */
const lists = ["src/adapters/postgres/schema.ts"];

interface SourceFile {
  /** Relative to the project's root. */
  readonly path: string;
  readonly text: string;
}

const sources = await readSources("src");
const everything = [
  ...sources,
  ...(await readSources("test")),
  ...(await readSources("bench")),
  ...(await readSources("demo")),
];

async function readSources(folder: string): Promise<readonly SourceFile[]> {
  const glob = new Bun.Glob("**/*.ts");
  const paths = [...glob.scanSync({ cwd: join(root, folder) })]
    .filter((path) => !path.includes("node_modules"))
    .sort();
  return await Promise.all(
    paths.map(async (path) => ({
      path: join(folder, path),
      text: await Bun.file(join(root, folder, path)).text(),
    })),
  );
}

/** Paths a file imports from inside the project, type-only imports included. */
function importsOf({ path, text }: SourceFile): readonly string[] {
  const specifiers = text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...specifiers].map(([, specifier = ""]) => relative(root, resolve(root, dirname(path), specifier)));
}

/** `src/roles/serve/x.ts` → { band: "roles", room: "serve" }; top-level files are of the band "top". */
function placeOf(path: string): { readonly band: string; readonly room: string } {
  const [, band = "", room = ""] = path.split("/");
  return band.endsWith(".ts") ? { band: "top", room: "" } : { band, room };
}

const mayImport: Readonly<Record<string, readonly string[]>> = {
  roles: ["roles", "domain", "adapters", "top"],
  domain: ["domain", "adapters", "top"],
  adapters: ["adapters", "top"],
};

describe("the walls", () => {
  const edges = sources.flatMap((file) =>
    importsOf(file).map((imported) => ({ from: file.path, to: imported })),
  );
  const inside = edges.filter(({ to }) => to.startsWith("src/"));

  test("imports go roles → domain → adapters, never back", () => {
    const back = inside.filter(({ from, to }) => {
      const allowed = mayImport[placeOf(from).band];
      return allowed && !allowed.includes(placeOf(to).band);
    });
    expect(back).toEqual([]);
  });

  test("no role imports another; only `up`, which runs them all, may", () => {
    const sideways = inside.filter(({ from, to }) => {
      const [a, b] = [placeOf(from), placeOf(to)];
      return a.band === "roles" && b.band === "roles" && a.room !== b.room && a.room !== "up";
    });
    expect(sideways).toEqual([]);
  });

  test("of the top level, only main imports a role", () => {
    const early = inside.filter(
      ({ from, to }) =>
        placeOf(from).band === "top" && placeOf(to).band === "roles" && from !== "src/main.ts",
    );
    expect(early).toEqual([]);
  });

  test("the product imports nothing of its tests", () => {
    expect(edges.filter(({ to }) => /^(test|bench|demo)\//.test(to))).toEqual([]);
  });
});

describe("one home each", () => {
  test("the environment is read by main, which hands it on, and by nobody else", () => {
    const readers = sources.filter(({ text }) => /process\.env|Bun\.env|import\.meta\.env/.test(text));
    expect(readers.map(({ path }) => path)).toEqual(["src/main.ts"]);
  });

  test("SQL is in adapters/postgres", () => {
    const writers = sources.filter(({ text }) => /from "(drizzle-orm|postgres)/.test(text));
    expect(
      writers.filter(({ path }) => !path.startsWith("src/adapters/postgres/")).map(({ path }) => path),
    ).toEqual([]);
  });

  test("the queue knows the database's time and no other; what it measures itself are durations", () => {
    const queue =
      /^src\/(domain\/task|roles\/dispatcher|adapters\/postgres\/(seats|tasks|runs|workers|attempts|task-retries))\b/;
    const ofQueue = sources.filter(({ path }) => queue.test(path));
    expect(ofQueue.length).toBeGreaterThan(15);
    const clock = /\bDate\b|timeOrigin|(?<![\w.])now\(\)|clock_timestamp|current_timestamp/;
    const readers = ofQueue.filter(({ text }) => clock.test(text));
    expect(readers.map(({ path }) => path)).toEqual([]);
  });

  test("verbs open transactions that are run again when they lose against another one", () => {
    const openers = sources.filter(({ text }) => text.includes(".transaction("));
    expect(openers.map(({ path }) => path)).toEqual([
      "src/adapters/postgres/migrate.ts",
      "src/adapters/postgres/transaction.ts",
    ]);
  });

  test("every role has its folder and its settings, and every other folder is a command", async () => {
    const main = await Bun.file(join(root, "src/main.ts")).text();
    const commands = [...main.matchAll(/import\("\.\/roles\/([a-z-]+)\//g)].map(([, name = ""]) => name);
    expect(readdirSync(join(root, "src/roles")).sort()).toEqual([...new Set(commands)].sort());
    expect(Object.keys(roleSettings).filter((role) => !commands.includes(role))).toEqual([]);
  });
});

describe("names and sizes", () => {
  test("files are kebab-case and none is a barrel", () => {
    const odd = everything.filter(
      ({ path }) => !/^([a-z0-9-]+\/)*[a-z0-9-]+(\.test|\.d)?\.ts$/.test(path) || /\/index\.ts$/.test(path),
    );
    expect(odd.map(({ path }) => path)).toEqual([]);
  });

  test("every file says in its first lines what lives there", () => {
    const silent = sources.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  test(`no file is longer than ${maxFileLines} lines`, () => {
    const long = sources.filter(
      ({ path, text }) => text.split("\n").length > maxFileLines && !lists.includes(path),
    );
    expect(long.map(({ path, text }) => `${path}: ${text.split("\n").length}`)).toEqual([]);
  });

  test(`no function is longer than ${maxFunctionLines} lines`, () => {
    expect(sources.flatMap(longFunctions)).toEqual([]);
  });
});

const functionKinds = [
  "function_declaration",
  "function_expression",
  "arrow_function",
  "method_definition",
] as const;

function longFunctions({ path, text }: SourceFile): readonly string[] {
  const tree = parse(Lang.TypeScript, text).root();
  const functions = functionKinds.flatMap((kind): SgNode[] => tree.findAll({ rule: { kind } }));
  return functions.flatMap((node) => {
    const { start, end } = node.range();
    const lines = end.line - start.line + 1;
    return lines > maxFunctionLines ? [`${path}:${start.line + 1}: ${lines}`] : [];
  });
}
