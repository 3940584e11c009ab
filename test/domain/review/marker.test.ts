import { describe, expect, test } from "bun:test";
import {
  breakMarkers,
  findMarker,
  type Marker,
  type MarkerPlace,
  writeMarker,
} from "../../../src/domain/review/marker.ts";

const keys = ["the first marker key"];
const place: MarkerPlace = { forge: "github", host: "github.com", repositoryId: 7, number: 3 };
const marker: Marker = { kind: "inline", publicationId: Bun.randomUUIDv7(), findingId: Bun.randomUUIDv7() };
const written = writeMarker(keys, place, marker);

describe("a marker", () => {
  test("is found at the end of a body, as it was written", () => {
    expect(findMarker(keys, place, `Text\n\n${written}`)).toEqual(marker);
  });

  test("survives what a forge or an editor does to white space", () => {
    expect(findMarker(keys, place, `${written.replaceAll(" ", "  ")}\r\n\r\n`)).toEqual(marker);
  });

  test("has no finding where it stands for a whole review", () => {
    const review: Marker = { ...marker, kind: "review", findingId: null };
    expect(findMarker(keys, place, writeMarker(keys, place, review))).toEqual(review);
  });

  test.each([
    ["another pull request", { ...place, number: 4 }],
    ["another repository", { ...place, repositoryId: 8 }],
    ["another host", { ...place, host: "github.example.com" }],
    ["another forge", { ...place, forge: "gitlab" }],
  ])("does not count on %s", (_, elsewhere) => {
    expect(findMarker(keys, elsewhere, written)).toBeNull();
  });

  test.each([
    ["of another kind", written.replace("reviewd:inline", "reviewd:summary")],
    ["for another finding", written.replace(/finding=\S+/, `finding=${Bun.randomUUIDv7()}`)],
    ["without its finding", written.replace(/ finding=\S+/, "")],
    ["with a cut signature", written.replace(/[0-9a-f] -->/, " -->")],
    ["signed by a stranger", writeMarker(["somebody else's key"], place, marker)],
  ])("does not count %s", (_, forged) => {
    expect(forged).not.toBe(written);
    expect(findMarker(keys, place, forged)).toBeNull();
  });

  test("signed with a key that is being rotated out still counts", () => {
    expect(findMarker(["the new marker key", ...keys], place, written)).toEqual(marker);
    expect(writeMarker(["the new marker key", ...keys], place, marker)).not.toBe(written);
  });

  test("is the last one that is ours: what is quoted above it does not speak", () => {
    const other: Marker = { ...marker, publicationId: Bun.randomUUIDv7() };
    const forged = written.replace(/signature=\w{8}/, "signature=00000000");
    expect(findMarker(keys, place, `${writeMarker(keys, place, other)}\n${written}\n${forged}`)).toEqual(
      marker,
    );
  });

  test("loses its form in text that is not ours", () => {
    expect(findMarker(keys, place, breakMarkers(written))).toBeNull();
    expect(breakMarkers("<!-- a comment -->")).toBe("<!-- a comment -->");
  });
});
