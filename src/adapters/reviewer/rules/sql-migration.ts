/** What rules on SQL migrations ask about a statement and the file it is in. */
import type { SgNode } from "@ast-grep/napi";
import { spotOf } from "./nodes.ts";
import type { ParsedFile } from "./rule.ts";

/** True for a statement that runs forwards on a table that was there before, so that it holds rows and has users. */
export function touchesExistingTable(node: SgNode, file: ParsedFile): boolean {
  const statement = findStatement(node) ?? node;
  const table = statement.find({ rule: { kind: "object_reference" } });
  const { madeTables, undoneFrom } = factsOf(file);
  const isUndone = spotOf(statement).start >= undoneFrom;
  const isCode = statement.ancestors().some((each) => each.is("function_body") || each.is("block"));
  return table !== null && !isUndone && !isCode && !madeTables.has(bareName(table.text()));
}

/** Of the dialects, only Postgres has what the rules on locks and concurrent indexes suggest. */
export function isPostgres(file: ParsedFile): boolean {
  return factsOf(file).isPostgres;
}

/** The statement up to its semicolon, with whatever of it the grammar does not know. */
export function wholeStatement(node: SgNode, { text }: ParsedFile): string {
  const { start, end } = spotOf(findStatement(node) ?? node);
  const semicolon = text.indexOf(";", end);
  return text.slice(start, semicolon === -1 ? undefined : semicolon);
}

function findStatement(node: SgNode): SgNode | null {
  return node.is("statement") ? node : (node.ancestors().find((each) => each.is("statement")) ?? null);
}

interface FileFacts {
  readonly isPostgres: boolean;
  /** Tables this file makes or gives their name, without schema and quotes. */
  readonly madeTables: ReadonlySet<string>;
  /** Offset of the line where a migration tool's file turns to undoing. */
  readonly undoneFrom: number;
}

const knownFacts = new WeakMap<ParsedFile, FileFacts>();

/** Read once a file, however many of its statements ask. */
function factsOf(file: ParsedFile): FileFacts {
  const known = knownFacts.get(file);
  if (known) return known;
  const undone = /^--\s*(\+goose Down|migrate:down|\+migrate Down|rollback\b|@?undo\b|down\b)/im.exec(
    file.text,
  );
  const facts = {
    isPostgres: readsAsPostgres(file),
    madeTables: madeTables(file),
    undoneFrom: undone?.index ?? file.text.length,
  };
  knownFacts.set(file, facts);
  return facts;
}

function readsAsPostgres({ path, text }: ParsedFile): boolean {
  const otherPath = /mysql|maria|sqlite|mssql|sqlserver|oracle|clickhouse|snowflake|bigquery|\bd1\b/i;
  const otherSyntax =
    /`|\bENGINE\s*=|\bAUTO_?INCREMENT\b|\bPRAGMA\b|^\s*GO\s*$|\bNVARCHAR\b|\bVARCHAR2\b|\bIDENTITY\s*\(|\[dbo\]|\bDATETIME2?\b/im;
  return !otherPath.test(path) && !otherSyntax.test(text);
}

/** By the text, since the grammar gives up on some forms of these statements. */
function madeTables({ text }: ParsedFile): ReadonlySet<string> {
  const made = text.matchAll(
    /\bTABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w".$]+)\s*(?:\(|\bAS\b|\bPARTITION\b|\bLIKE\b)/gi,
  );
  const renamed = text.matchAll(/\bRENAME\s+TO\s+([\w".$]+)/gi);
  return new Set([...made, ...renamed].map((match) => bareName(match[1] ?? "")));
}

function bareName(name: string): string {
  return (name.split(".").at(-1) ?? "").replace(/["`[\]]/g, "").toLowerCase();
}
