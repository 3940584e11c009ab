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
  ["sql", "migrations/a.sql", "DROP TABLE carts;\n", "sql/drop-table"],
  ["yaml", ".github/workflows/a.yml", "on: push\npermissions: write-all\n", "workflows/write-all"],
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
  }, 120_000);

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
