import { describe, expect, test } from "bun:test";
import { checkExternalId } from "../../../src/domain/review/check-external-id.ts";
import { isComplete, isEmpty, measureCoverage, sayCoverage } from "../../../src/domain/review/coverage.ts";
import { aFile } from "./build.ts";

const files = ["a.ts", "b.ts", "c.png"].map((path) => aFile(path, ["+x"]));

describe("coverage", () => {
  test("counts each file of the diff once", () => {
    const coverage = measureCoverage(files, [
      {
        reviewer: "rules",
        review: {
          findings: [],
          reviewedPaths: ["a.ts", "b.ts"],
          notReviewed: [{ path: "c.png", reason: "binary" }],
        },
      },
    ]);
    expect(coverage).toEqual({ reviewed: 2, notReviewed: [{ path: "c.png", reason: "binary" }] });
    expect(sayCoverage(coverage)).toBe("2 of 3 files reviewed");
  });

  test("takes a file the reviewer did not account for as not reviewed, and invents none", () => {
    const coverage = measureCoverage(files, [
      {
        reviewer: "rules",
        review: {
          findings: [],
          reviewedPaths: ["a.ts", "elsewhere.ts"],
          notReviewed: [{ path: "gone.ts", reason: "deleted" }],
        },
      },
    ]);
    expect(coverage.reviewed).toBe(1);
    expect(coverage.notReviewed.map(({ path }) => path)).toEqual(["b.ts", "c.png"]);
    expect(isComplete(coverage)).toBe(false);
  });

  test("counts a file that one of two reviewers did not read as not reviewed, and says by which", () => {
    const read = { findings: [], reviewedPaths: ["a.ts", "b.ts", "c.png"], notReviewed: [] };
    const part = { path: "b.ts", reason: "over_budget", lines: 3 } as const;
    const coverage = measureCoverage(files, [
      { reviewer: "rules", review: read },
      { reviewer: "model", review: { ...read, notReviewed: [part] } },
    ]);
    expect(coverage).toEqual({ reviewed: 2, notReviewed: [{ ...part, reviewers: ["model"] }] });
    expect(isComplete(coverage)).toBe(false);
  });

  test("of a pull request that only deletes is empty, not incomplete", () => {
    const coverage = { reviewed: 0, notReviewed: [{ path: "a.ts", reason: "deleted" as const }] };
    expect(isComplete(coverage)).toBe(true);
    expect(isEmpty(coverage)).toBe(true);
    expect(isEmpty({ reviewed: 0, notReviewed: [{ path: "a.png", reason: "binary" }] })).toBe(false);
  });
});

describe("a check's external id", () => {
  const place = { forge: "github", host: "github.com", repositoryId: 7, number: 3 };
  const task = { id: "1", trigger: "webhook" as const, headSha: "a", baseRef: "main" };
  const id = checkExternalId(place, task);

  test("is the same for every automatic task of a head and base", () => {
    expect(checkExternalId(place, { ...task, id: "2", trigger: "sweep" })).toBe(id);
  });

  test.each([
    ["head", place, { ...task, headSha: "b" }],
    ["base", place, { ...task, baseRef: "release" }],
    ["pull request", { ...place, number: 4 }, task],
    ["explicit request", place, { ...task, trigger: "rerequest" as const }],
  ])("is another for another %s", (_, at, of) => {
    expect(checkExternalId(at, of)).not.toBe(id);
  });

  test("is one of its own for each explicit request", () => {
    const manual = { ...task, trigger: "manual" as const };
    expect(checkExternalId(place, manual)).not.toBe(checkExternalId(place, { ...manual, id: "2" }));
  });
});
