/** That secrets stay where they belong: what a process was given, or got from the forge, is in no line and in no row. */
import { sql } from "drizzle-orm";
import type { Db } from "../../src/adapters/postgres/connect.ts";
import { settings } from "../../src/settings.ts";

const secretNames = new Set(
  Object.values(settings).flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [])),
);
/** An App's own credential is made anew every few minutes, so it is known by its form. */
const jsonWebToken = /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/;
/** What is shorter may be part of an ordinary word, as the `postgres` of a server that a developer keeps is. */
const leastLength = 12;

/** The secret parts of an environment: of a key file's text each line, of a database's address the password. */
export function secretsIn(env: Readonly<Record<string, string>>): readonly string[] {
  const values = Object.entries(env).flatMap(([name, value]) => (secretNames.has(name) ? [value] : []));
  return values.flatMap(partsOf).filter((part) => part.length >= leastLength);
}

function partsOf(value: string): readonly string[] {
  if (/^postgres(ql)?:/.test(value)) return [new URL(value).password];
  if (value.startsWith("-----BEGIN")) return value.split(/\n|\\n/).filter((line) => !line.startsWith("-"));
  return value.split(",");
}

/** An installation token as it is sent to the API, and as git sends it. */
export function formsOfToken(token: string): readonly string[] {
  return [token, btoa(`x-access-token:${token}`)];
}

/** Lines of a process that hold one. */
export function linesWithSecrets(lines: readonly string[], secrets: readonly string[]): readonly string[] {
  return lines.filter((line) => holdsSecret(line, secrets));
}

function holdsSecret(text: string, secrets: readonly string[]): boolean {
  return jsonWebToken.test(text) || secrets.some((secret) => text.includes(secret));
}

/** `table: row` of every row of the database that holds one. */
export async function rowsWithSecrets(db: Db, secrets: readonly string[]): Promise<readonly string[]> {
  const tables = await db.execute<{ name: string }>(sql`
    select format('%I', tablename) as name from pg_tables where schemaname = 'public' order by tablename`);
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await db.execute<{ text: string }>(
      sql`select row::text as text from ${sql.raw(name)} as row`,
    );
    for (const { text } of rows) if (holdsSecret(text, secrets)) found.push(`${name}: ${text}`);
  }
  return found;
}
