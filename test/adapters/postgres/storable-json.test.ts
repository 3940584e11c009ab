import { expect, test } from "bun:test";
import { storableJson } from "../../../src/adapters/postgres/storable-json.ts";

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
