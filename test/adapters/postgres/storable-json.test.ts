import { afterAll, expect, test } from "bun:test";
import { syncRuns } from "../../../src/adapters/postgres/schema.ts";
import { storableJson } from "../../../src/adapters/postgres/storable-json.ts";
import { createTestDatabase } from "../../support/database.ts";

const database = await createTestDatabase();
afterAll(() => database.close());

test("what jsonb refuses is replaced, in texts and in names", () => {
  expect(storableJson({ "a\0b": ["x\0", "\ud800y", "z\udfff"] })).toBe(
    '{"a\ufffdb":["x\ufffd","\ufffdy","z\ufffd"]}',
  );
});

test("everything else stays, also what is written like it", () => {
  const value = { "\\u0000": "\\\\ud800 \\u0000", emoji: "😀", lines: 'a\n\t"b"\u0001', none: null };
  expect(storableJson(value)).toBe(JSON.stringify(value));
  expect(JSON.parse(storableJson({ ...value, bad: "\0" }))).toEqual({ ...value, bad: "\ufffd" });
});

test("a column of jsonb takes any text, and gives back what was not refused as it was", async () => {
  const counts = { "a\0": "\ud800", emoji: "😀 \\u0000", nested: [1, null, { b: "\n" }] };
  const id = Bun.randomUUIDv7();
  await database.db.insert(syncRuns).values({ id, kind: "deliveries", counts });
  const [row] = await database.db.select().from(syncRuns);
  expect(row?.counts).toEqual({ "a\ufffd": "\ufffd", emoji: counts.emoji, nested: counts.nested });
});
