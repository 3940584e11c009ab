import { expect, test } from "bun:test";
import { packRecord, unpackRecord } from "../../../src/domain/replay/packed-record.ts";

const place = { kind: "input", ordinal: 0 } as const;

test.each([
  ["an object", { a: [1, null, { b: "" }], c: false }],
  ["text that Postgres would not take, and half a character", ["\0", "\ud800", "💥", "\u202e"]],
  ["null", null],
  ["much of the same", "let a = 1;\n".repeat(100_000)],
])("a value comes back as it was: %s", async (_, value) => {
  const record = await packRecord(place, value);
  expect(record.compressed.length).toBeLessThan(10_000);
  expect(await unpackRecord(record)).toEqual({ kind: "kept", value });
});

test("a value that is compressed in haste is the same content", async () => {
  const value = Array.from({ length: 2_000 }, (_, i) => ({
    title: `finding ${i}`,
    line: (i * 7_919) % 1_000,
  }));
  const [hasty, usual] = [await packRecord(place, value, { level: 1 }), await packRecord(place, value)];
  expect(Buffer.from(hasty.compressed).equals(usual.compressed)).toBeFalse();
  expect(hasty.digest).toEqual(usual.digest);
  expect(await unpackRecord(hasty)).toEqual({ kind: "kept", value });
});

test("the same value has the same digest, another one another", async () => {
  const [one, same, other] = await Promise.all(
    [{ a: 1 }, { a: 1 }, { a: 2 }].map((value) => packRecord(place, value)),
  );
  expect(one?.digest).toEqual(same?.digest ?? new Uint8Array());
  expect(one?.digest).not.toEqual(other?.digest ?? new Uint8Array());
});

test("a value that is too large is left out, and it is said how large it is", async () => {
  const record = await packRecord(place, "x".repeat(98), { maxBytes: 99 });
  expect(await unpackRecord(record)).toEqual({ kind: "left_out", bytes: 100 });
  expect(await unpackRecord(await packRecord(place, "x".repeat(97), { maxBytes: 99 }))).toEqual({
    kind: "kept",
    value: "x".repeat(97),
  });
});

test("a content that was changed is not taken for what was recorded", async () => {
  const [record, other] = await Promise.all([packRecord(place, "answer"), packRecord(place, "another")]);
  const damaged = { ...record, compressed: other.compressed };
  expect(unpackRecord(damaged)).rejects.toThrow("damaged");
});
