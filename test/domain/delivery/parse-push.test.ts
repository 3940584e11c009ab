import { expect, test } from "bun:test";
import { parsePush } from "../../../src/domain/delivery/parse-push.ts";
import { newPlace, type PushPayloadOptions, pushPayload } from "./payloads.ts";

const place = newPlace();
const parse = (options: PushPayloadOptions) => parsePush(pushPayload(place, options)).kind;
const nothing = Array.from({ length: 3 }, () => ["src/a.ts"]);

test.each([
  ["the file was touched", { changed: [["src/a.ts"], [".reviewd.yml"]] }],
  ["the other file was touched", { changed: [[".reviewd.yaml"]] }],
  ["the list is cut", { changed: Array.from({ length: 2_048 }, () => ["src/a.ts"]) }],
  ["commits went, of which nothing is told", { forced: true, changed: nothing }],
  ["the branch is new", { created: true, changed: nothing }],
  ["no commit is told", { changed: [] }],
] as const)("what a branch is configured with may have changed: %s", (_name, options) => {
  expect(parse(options)).toBe("configuration_pushed");
});

test.each([
  ["something else was touched", { changed: nothing }],
  ["a file of that name elsewhere", { changed: [["docs/.reviewd.yml"]] }],
  ["a tag", { ref: "refs/tags/v1", changed: [[".reviewd.yml"]] }],
  ["the branch is gone", { deleted: true, changed: [] }],
] as const)("nothing is done: %s", (_name, options) => {
  expect(parse(options)).toBe("none");
});

test("a branch's name may have slashes", () => {
  const payload = pushPayload(place, { ref: "refs/heads/release/2.0", changed: [[".reviewd.yml"]] });
  expect(parsePush(payload)).toEqual({
    kind: "configuration_pushed",
    repositoryId: place.repositoryId,
    branch: "release/2.0",
    commitSha: "a".repeat(40),
  });
});
