import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  parserFolderPrefix,
  replySchema,
  type TreeJob,
} from "../../../../src/adapters/reviewer/rules/job.ts";
import { lines } from "../../../../src/adapters/reviewer/rules/lines.ts";
import { builtBinary } from "../../../support/built-binary.ts";

/** One file for each language, with what is found in it. A wrong library path would end the process instead. */
const jobs: readonly (readonly [TreeJob["language"], string, string, string])[] = [
  ["TypeScript", "a.ts", "const a: number = eval(code);\n", "javascript/eval"],
  ["Tsx", "a.tsx", "const a = <b>{eval(code)}</b>;\n", "javascript/eval"],
  ["JavaScript", "a.js", "const a = eval(code);\n", "javascript/eval"],
  ["python", "a.py", "a = eval(code)\n", "python/eval"],
  ["go", "a.go", "package a\n\nvar a = tls.Config{InsecureSkipVerify: true}\n", "go/tls-verify-off"],
  ["java", "A.java", 'class A { boolean a = b == "c"; }\n', "java/string-identity"],
  ["kotlin", "a.kt", "fun f() { GlobalScope.launch { } }\n", "kotlin/global-scope"],
  ["scala", "a.scala", "object A { val a: Int = ??? }\n", "scala/unfinished"],
  ["csharp", "A.cs", "class A { void F() { lock (this) { } } }\n", "csharp/lock-on-shared-object"],
  ["swift", "a.swift", "func f() { if a == .nan { } }\n", "swift/compare-with-nan"],
  ["rust", "a.rs", "fn f() { todo!() }\n", "rust/unfinished"],
  ["c", "a.c", "void f(char *b) { gets(b); }\n", "c/unbounded-input"],
  ["cpp", "a.cpp", "void f(char *b) { gets(b); }\n", "c/unbounded-input"],
  ["ruby", "a.rb", "binding.pry\n", "ruby/debugger"],
  ["php", "a.php", "<?php var_dump($a);\n", "php/debug-output"],
  ["lua", "a.lua", 'os.execute("ls " .. dir)\n', "lua/shell-command-from-values"],
  ["elixir", "a.ex", "IEx.pry()\n", "elixir/debugger"],
  ["bash", "a.sh", "chmod 777 a\n", "bash/world-writable"],
  ["sql", "migrations/a.sql", "DROP TABLE carts;\n", "sql/drop-table"],
  ["yaml", ".github/workflows/a.yml", "on: push\npermissions: write-all\njobs: {}\n", "workflows/write-all"],
  ["yaml", ".github/workflows/b.yml", "on: push\npermissions: {}\n", "workflows/missing-section"],
  ["dockerfile", "Dockerfile", "FROM debian\n", "dockerfile/mutable-tag"],
];

describe("the parser process of the built binary", () => {
  const folder = mkdtempSync(join(tmpdir(), parserFolderPrefix));
  let child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  let replies: AsyncGenerator<string>;

  beforeAll(async () => {
    const binary = await builtBinary();
    child = Bun.spawn([binary, "rules-worker", "60"], {
      cwd: folder,
      env: {},
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    replies = lines(child.stdout);
    expect(await nextReply()).toEqual({ ready: true });
  });

  afterAll(async () => {
    child.stdin.end();
    expect(await child.exited).toBe(0);
  });

  async function nextReply() {
    const { value } = await replies.next();
    return replySchema.parse(JSON.parse(String(value)));
  }

  test.each(jobs)("reads %s", async (language, path, text, ruleId) => {
    const added = [[1, text.split("\n").length]] as const;
    const job: TreeJob = { kind: "tree", path, language, text, base: null, isNew: true, added };
    child.stdin.write(`${JSON.stringify(job)}\n`);
    await child.stdin.flush();
    const reply = await nextReply();
    expect("hits" in reply && reply.hits.map((hit) => hit.ruleId)).toEqual([ruleId]);
  });

  test("leaves nothing of its libraries in the file system", () => {
    expect(existsSync(folder) && readdirSync(folder)).toBe(false);
  });
});
