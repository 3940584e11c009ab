/** Rules for SQL migrations: what loses data or stops the running version. Locks are in sql-locks.ts. */
import { isMigration } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { isPostgres, touchesExistingTable, wholeStatement } from "../sql-migration.ts";

const migrationRule = {
  kind: "tree",
  category: "migration",
  languages: ["sql"],
  paths: isMigration,
} as const;

const dropTable: TreeRule = {
  ...migrationRule,
  id: "sql/drop-table",
  severity: "high",
  title: "The migration drops a table with its rows",
  why: "The rows are gone for good, and while old and new code run side by side the old code fails. Release the code that no longer uses the table first, and drop it in a later migration, with a backup.",
  find: { kind: "drop_table" },
  accept: (node, file) => touchesExistingTable(node, file) && !/\bTEMP(ORARY)?\b/i.test(node.text()),
  bad: [{ lines: ["DROP TABLE IF EXISTS carts;"], line: 1 }],
  good: [
    { lines: ["CREATE TABLE carts (id int);", "-- +goose Down", "DROP TABLE carts;"] },
    { path: "db/migrations/0002_carts.down.sql", lines: ["DROP TABLE carts;"] },
    { path: "db/schema.sql", lines: ["DROP TABLE IF EXISTS carts;"] },
    {
      lines: [
        "CREATE TABLE new_carts (id int);",
        "INSERT INTO new_carts SELECT id FROM carts;",
        "DROP TABLE carts;",
        "ALTER TABLE new_carts RENAME TO carts;",
      ],
    },
  ],
};

const dropColumn: TreeRule = {
  ...migrationRule,
  id: "sql/drop-column",
  severity: "medium",
  title: "The migration drops a column with its values",
  why: "The values are gone for good, and while old and new code run side by side the old code's queries fail. Release the code that no longer names the column first, and drop it in a later migration.",
  find: { kind: "drop_column" },
  // MySQL's DROP INDEX and DROP FOREIGN KEY read as columns of those names.
  accept: (node, file) =>
    touchesExistingTable(node, file) && !/^DROP\s+(INDEX|KEY|FOREIGN|PRIMARY|CHECK)\b/i.test(node.text()),
  bad: [{ lines: ["ALTER TABLE carts", "  ADD COLUMN total bigint,", "  DROP COLUMN sum;"], line: 3 }],
  good: [
    {
      lines: [
        "ALTER TABLE carts DROP CONSTRAINT carts_total_check;",
        "ALTER TABLE carts ALTER COLUMN a DROP NOT NULL;",
        "ALTER TABLE carts DROP FOREIGN KEY user_fk;",
      ],
    },
    {
      lines: [
        "-- migrate:up",
        "ALTER TABLE carts ADD COLUMN a int;",
        "-- migrate:down",
        "ALTER TABLE carts DROP COLUMN a;",
      ],
    },
  ],
};

const rename: TreeRule = {
  ...migrationRule,
  id: "sql/rename",
  severity: "medium",
  title: "The migration renames what running code still uses",
  why: "While old and new code run side by side, one of them uses a name that does not exist. Add the new name beside the old one, write both, and remove the old one in a later migration.",
  find: { any: [{ kind: "rename_column" }, { kind: "rename_object" }], inside: { kind: "alter_table" } },
  accept: (node, file) => touchesExistingTable(node, file) && isRenameOfUsed(wholeStatement(node, file)),
  bad: [
    { lines: ["ALTER TABLE carts RENAME COLUMN sum TO total;"], line: 1 },
    { lines: ["ALTER TABLE carts RENAME TO baskets;"], line: 1 },
  ],
  good: [
    { lines: ["ALTER TABLE carts RENAME CONSTRAINT a TO b;", "ALTER INDEX a RENAME TO b;"] },
    {
      lines: [
        "CREATE TABLE carts_new (id int);",
        "DROP TABLE carts;",
        "ALTER TABLE carts_new RENAME TO carts;",
      ],
    },
  ],
};

function isRenameOfUsed(statement: string): boolean {
  return /^\s*ALTER\s+TABLE\b/i.test(statement) && !/RENAME\s+CONSTRAINT/i.test(statement);
}

const addRequiredColumn: TreeRule = {
  ...migrationRule,
  id: "sql/add-required-column",
  severity: "high",
  title: "A NOT NULL column without a default cannot be added to a table with rows",
  why: "The statement fails as soon as there is one row, and inserts of the old code fail where there is none. Add a `DEFAULT` (stored once, without rewriting the table), or add the column as nullable, fill it and set `NOT NULL` later.",
  find: { kind: "column_definition", inside: { kind: "add_column" } },
  accept: (node, file) => {
    const text = node.text();
    const required = /\bNOT\s+NULL\b|\bPRIMARY\s+KEY\b/i.test(text);
    const filled = /\bDEFAULT\b|\bGENERATED\b|\b(SMALL|BIG)?SERIAL\d?\b|\bIDENTITY\b/i.test(
      wholeColumn(text, wholeStatement(node, file)),
    );
    return required && !filled && isPostgres(file) && touchesExistingTable(node, file);
  },
  bad: [
    {
      lines: ["ALTER TABLE carts", "  ADD COLUMN total bigint NOT NULL,", "  ADD COLUMN note text;"],
      line: 2,
    },
  ],
  good: [
    {
      lines: [
        "ALTER TABLE carts ADD COLUMN total bigint NOT NULL DEFAULT 0;",
        "ALTER TABLE carts ADD COLUMN seq bigserial NOT NULL;",
        "ALTER TABLE carts ADD COLUMN note text;",
        "ALTER TABLE carts ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY NOT NULL;",
        "ALTER TABLE carts ADD COLUMN day date NOT NULL GENERATED ALWAYS AS (at::date) STORED;",
      ],
    },
    { lines: ["CREATE TABLE carts (id int);", "ALTER TABLE carts ADD COLUMN total bigint NOT NULL;"] },
    { lines: ["ALTER TABLE `carts` ADD COLUMN total bigint NOT NULL;"] },
  ],
};

/** The definition with what follows it up to the next action: the grammar leaves out what it does not know. */
function wholeColumn(definition: string, statement: string): string {
  const from = statement.indexOf(definition);
  const next = /,\s*(ADD|DROP|ALTER)\b/i.exec(statement.slice(from + definition.length));
  return statement.slice(from, next ? from + definition.length + next.index : undefined);
}

const deleteEverything: TreeRule = {
  ...migrationRule,
  id: "sql/delete-everything",
  severity: "high",
  title: "DELETE without WHERE removes every row",
  why: "A migration runs on production data too. If all rows are meant to go, say so in a comment and use `TRUNCATE`; otherwise a condition is missing.",
  find: { kind: "statement", has: { kind: "delete" } },
  accept: (node, file) => isUnrestricted(wholeStatement(node, file)) && touchesExistingTable(node, file),
  bad: [{ lines: ["DELETE FROM carts;"], line: 1 }],
  good: [
    {
      lines: ["DELETE FROM carts WHERE paid;", "DELETE FROM carts USING users u WHERE u.id = carts.user_id;"],
    },
    { lines: ["CREATE TEMPORARY TABLE batch (id int);", "DELETE FROM batch;"] },
    { path: "db/seed.sql", lines: ["DELETE FROM carts;"] },
  ],
};

const updateEverything: TreeRule = {
  ...migrationRule,
  id: "sql/update-everything",
  severity: "medium",
  title: "UPDATE without WHERE rewrites every row in one transaction",
  why: "Every row is locked until the migration commits, and the table doubles in size until it is vacuumed. On a large table update in batches, outside the migration; otherwise a condition may be missing.",
  find: { kind: "statement", has: { kind: "update" } },
  accept: (node, file) => {
    const statement = wholeStatement(node, file);
    return isUnrestricted(statement) && !oneRowTable.test(statement) && touchesExistingTable(node, file);
  },
  bad: [{ lines: ["UPDATE carts", "  SET total = sum;"], line: 2 }],
  good: [
    {
      lines: [
        "UPDATE carts SET total = sum WHERE total IS NULL;",
        "UPDATE carts SET a = b.a FROM b WHERE b.id = carts.id;",
        "UPDATE schema_version SET version = 7;",
      ],
    },
  ],
};

/** Tables that hold one row by what they are for. */
const oneRowTable =
  /^\s*update\s+(only\s+)?[\w".`]*(version|schema_info|settings|config|meta(data)?)["`]?\s/i;

function isUnrestricted(statement: string): boolean {
  return !/\b(where|limit|join|using|on\s+conflict|merge)\b/i.test(statement);
}

export const sqlRules: readonly TreeRule[] = [
  dropTable,
  dropColumn,
  rename,
  addRequiredColumn,
  deleteEverything,
  updateEverything,
];
