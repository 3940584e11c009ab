/**
 * Migration files that must run outside a transaction, because they build indexes without blocking writers. They run
 * statement by statement, and again from the start after a failure: each statement must allow that.
 */
import { sql } from "drizzle-orm";
import { ReviewdError } from "../../errors.ts";
import type { Db } from "./connect.ts";

/** A file's first line that asks for it. */
const marker = "-- reviewd: no transaction";

export function runsOutsideTransaction(text: string): boolean {
  return text.split("\n", 1)[0]?.trim() === marker;
}

/** A statement ends with a semicolon at the end of a line; there are no functions in such files. */
export function splitStatements(text: string): readonly string[] {
  const code = text
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("--"))
    .join("\n");
  return code
    .split(/;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}

const createsIndex =
  /^create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?([a-z_0-9]+)\s/i;

export async function runStatement(db: Db, statement: string): Promise<void> {
  const index = createsIndex.exec(statement)?.[1];
  if (index === undefined) await db.execute(sql.raw(statement));
  else await buildIndex(db, index, statement);
}

/** A build that failed or was interrupted leaves an invalid index behind, which would cost writes and serve no read. */
async function buildIndex(db: Db, name: string, statement: string): Promise<void> {
  const before = await findIndexState(db, name);
  if (before === "valid") return;
  if (before === "invalid") await db.execute(sql`drop index concurrently if exists ${sql.identifier(name)}`);
  await db.execute(sql.raw(statement));
  if ((await findIndexState(db, name)) !== "valid") {
    throw new ReviewdError(
      "unavailable",
      `the index ${name} was built but is not valid; run \`reviewd migrate\` again`,
    );
  }
}

async function findIndexState(db: Db, name: string): Promise<"valid" | "invalid" | null> {
  const [row] = await db.execute<{ valid: boolean }>(
    sql`select indisvalid as valid from pg_index where indexrelid = to_regclass(${name})`,
  );
  if (!row) return null;
  return row.valid ? "valid" : "invalid";
}
