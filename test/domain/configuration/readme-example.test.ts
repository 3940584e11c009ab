import { expect, test } from "bun:test";
import { parseSettings } from "../../../src/domain/configuration/parse-settings.ts";

test("the README's example is valid", async () => {
  const readme = await Bun.file(new URL("../../../README.md", import.meta.url)).text();
  const [, example = ""] = /```yaml\n(# yaml-language-server.*?)```/s.exec(readme) ?? [];
  expect(example).not.toBe("");
  const parsed = parseSettings(Buffer.from(example));
  expect("problems" in parsed ? parsed.problems : []).toEqual([]);
});
