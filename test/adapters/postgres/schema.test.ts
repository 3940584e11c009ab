import { afterAll, describe, expect, test } from "bun:test";
import { is, sql } from "drizzle-orm";
import { getTableConfig, type PgColumn, PgTable } from "drizzle-orm/pg-core";
import * as schema from "../../../src/adapters/postgres/schema.ts";
import { createTestDatabase } from "../../support/database.ts";

const database = await createTestDatabase();
const { db } = database;
afterAll(() => database.close());

const tables = Object.values(schema).filter((value) => is(value, PgTable));

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
}

const inDatabase = await db.execute<{
  table: string;
  column: string;
  type: string;
  nullable: boolean;
  hasDefault: boolean;
}>(sql`
  select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type,
    not a.attnotnull as nullable, a.atthasdef as "hasDefault"
  from pg_attribute a join pg_class c on c.oid = a.attrelid
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
    and c.relname <> 'schema_migrations'
  order by 1, 2`);

function columnsOf(table: PgTable): readonly Column[] {
  const { name, columns, primaryKeys } = getTableConfig(table);
  const keys = primaryKeys.flatMap((key) => key.columns.map((column) => column.name));
  return columns.map((column) => ({
    table: name,
    column: column.name,
    type: typeOf(column),
    nullable: !(column.notNull || column.primary || keys.includes(column.name)),
    hasDefault: column.hasDefault,
  }));
}

/** Drizzle's spelling of a type, as Postgres prints it. */
function typeOf(column: PgColumn): string {
  return column.getSQLType();
}

function byName(a: Column, b: Column): number {
  return `${a.table}.${a.column}` < `${b.table}.${b.column}` ? -1 : 1;
}

describe("a freshly migrated database", () => {
  test("has the tables and columns of schema.ts, of the same types, null where they may be", () => {
    expect([...inDatabase].sort(byName)).toEqual(tables.flatMap(columnsOf).sort(byName));
  });

  const enums = tables.flatMap((table) => {
    const { name, columns } = getTableConfig(table);
    return columns
      .filter(({ enumValues }) => enumValues)
      .map((column) => ({
        name: `${name}.${column.name}`,
        table: name,
        column: column.name,
        values: column.enumValues ?? [],
      }));
  });

  test.each(enums)("allows what schema.ts names, and nothing else: $name", async (expected) => {
    const checks = await db.execute<{ definition: string }>(sql`
      select pg_get_constraintdef(oid) as definition from pg_constraint
      where contype = 'c' and conrelid = ${expected.table}::regclass
        and conkey = array[(select attnum from pg_attribute where attrelid = conrelid and attname = ${expected.column})]`);
    const labels = await db.execute<{ label: string }>(sql`
      select enumlabel as label from pg_enum e join pg_attribute a on a.atttypid = e.enumtypid
      where attrelid = ${expected.table}::regclass and attname = ${expected.column}`);
    const lists = checks
      .map(({ definition }) => [...definition.matchAll(/'([^']*)'::text/g)].map(([, value = ""]) => value))
      .concat([labels.map(({ label }) => label)])
      .filter((values) => values.length > 0);
    expect(lists.map((values) => values.sort())).toEqual([[...expected.values].sort()]);
  });
});

test("what is deleted with a row, or loses its way to it, is found by an index", async () => {
  // A partial index serves where it leaves out nothing but nulls.
  const unindexed = await db.execute(sql`
    select conrelid::regclass::text as "table", a.attname as "column"
    from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    where contype = 'f' and confdeltype in ('c', 'n') and not exists (
      select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1] and (i.indpred is null
        or pg_get_expr(i.indpred, i.indrelid) = '(' || a.attname || ' IS NOT NULL)'))`);
  expect([...unindexed]).toEqual([]);
});
