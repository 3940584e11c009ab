/** Rules for Postgres migrations that block readers or writers of a table while they run. */

import type { SgNode } from "@ast-grep/napi";
import { spotOf } from "../nodes.ts";
import { isMigration } from "../paths.ts";
import type { ParsedFile, TreeRule } from "../rule.ts";
import { isPostgres, touchesExistingTable, wholeStatement } from "../sql-migration.ts";

const lockRule = {
  kind: "tree",
  category: "migration",
  languages: ["sql"],
  paths: isMigration,
} as const;

const blocksTable = (node: SgNode, file: ParsedFile) => isPostgres(file) && touchesExistingTable(node, file);

const blockingIndex: TreeRule = {
  ...lockRule,
  id: "sql/blocking-index",
  severity: "high",
  title: "Building the index blocks every write to the table",
  why: "`CREATE INDEX` locks the table against writes until it is done, minutes on a large one. Use `CREATE INDEX CONCURRENTLY`, in a migration that runs outside a transaction.",
  find: { kind: "create_index", not: { has: { kind: "keyword_concurrently" } } },
  accept: blocksTable,
  bad: [{ lines: ["CREATE UNIQUE INDEX carts_user ON carts (user_id);"], line: 1 }],
  good: [
    { lines: ["CREATE INDEX CONCURRENTLY IF NOT EXISTS carts_user ON carts (user_id);"] },
    {
      lines: [
        "CREATE TABLE shop.carts (id int, user_id int) WITH (fillfactor = 70);",
        'CREATE INDEX ON "shop"."carts" (user_id);',
      ],
    },
    { lines: ["CREATE INDEX `carts_user` ON `carts` (`user_id`);"] },
    { path: "db/schema.sql", lines: ["CREATE INDEX carts_user ON carts (user_id);"] },
  ],
};

const concurrentlyInTransaction: TreeRule = {
  ...lockRule,
  id: "sql/concurrently-in-transaction",
  severity: "high",
  title: "CONCURRENTLY does not run inside a transaction",
  why: "Postgres refuses the statement after `BEGIN`, so the migration fails. Move it into a file that runs outside a transaction.",
  find: { any: [{ kind: "create_index" }, { kind: "drop_index" }], has: { kind: "keyword_concurrently" } },
  accept: (node, file) => {
    const before = file.text.slice(0, spotOf(node).start);
    const lastTurn = before.match(/^\s*(BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK)\b/gim)?.at(-1);
    return /BEGIN|START/i.test(lastTurn ?? "") && isPostgres(file);
  },
  bad: [{ lines: ["BEGIN;", "CREATE INDEX CONCURRENTLY a ON carts (user_id);", "COMMIT;"], line: 2 }],
  good: [
    {
      lines: [
        "BEGIN;",
        "ALTER TABLE carts ADD COLUMN a int;",
        "COMMIT;",
        "CREATE INDEX CONCURRENTLY a ON carts (a);",
      ],
    },
  ],
};

/** Types to which a column changes without its values being read or written again. */
const sameStorage = /\b(TEXT|VARCHAR|CHARACTER\s+VARYING|CITEXT)\b/i;

const rewriteColumnType: TreeRule = {
  ...lockRule,
  id: "sql/rewrite-column-type",
  severity: "high",
  title: "Changing the type rewrites the table and blocks it meanwhile",
  why: "Postgres writes every row again under a lock that also keeps readers out. Add a column of the new type, fill it in batches, and switch over to it.",
  find: { kind: "alter_column", has: { kind: "keyword_type" } },
  accept: (node, file) => blocksTable(node, file) && !sameStorage.test(node.text()),
  bad: [{ lines: ["ALTER TABLE carts ALTER COLUMN id TYPE bigint;"], line: 1 }],
  good: [
    {
      lines: [
        "ALTER TABLE carts ALTER COLUMN note TYPE text;",
        "ALTER TABLE carts ALTER COLUMN a SET DEFAULT 1;",
      ],
    },
  ],
};

const validatedConstraint: TreeRule = {
  ...lockRule,
  id: "sql/constraint-checked-at-once",
  severity: "medium",
  title: "Adding the constraint reads the whole table while writes are blocked",
  why: "Postgres checks every row before it lets go of its lock (a foreign key's on both tables). Add the constraint as `NOT VALID`, and `VALIDATE CONSTRAINT` in a later transaction, which blocks nobody.",
  find: { kind: "add_constraint", has: { kind: "constraint" } },
  accept: (node, file) =>
    /\b(FOREIGN\s+KEY|CHECK)\b/i.test(node.text()) &&
    blocksTable(node, file) &&
    !/\bNOT\s+VALID\b/i.test(wholeStatement(node, file)),
  bad: [
    {
      lines: [
        "ALTER TABLE carts",
        "  ADD CONSTRAINT carts_user FOREIGN KEY (user_id) REFERENCES users (id);",
      ],
      line: 2,
    },
    { lines: ["ALTER TABLE carts ADD CONSTRAINT positive CHECK (total > 0);"], line: 1 },
  ],
  good: [
    { lines: ["ALTER TABLE carts ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;"] },
    {
      lines: [
        "CREATE TABLE carts (id int);",
        "ALTER TABLE carts ADD CONSTRAINT a FOREIGN KEY (id) REFERENCES users (id);",
      ],
    },
  ],
};

export const sqlLockRules: readonly TreeRule[] = [
  blockingIndex,
  concurrentlyInTransaction,
  rewriteColumnType,
  validatedConstraint,
];
