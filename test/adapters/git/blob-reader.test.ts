import { expect, test } from "bun:test";
import { join } from "node:path";
import { createBlobReader } from "../../../src/adapters/git/blob-reader.ts";
import { createTestRepository } from "./test-repository.ts";

const { signal } = new AbortController();

test.each([
  ["one process answers every request", undefined, 1],
  ["a process whose time is over is replaced, and no request is lost with it", 0, 3],
])("%s", async (_, lifeMs, processes) => {
  await using repository = await createTestRepository();
  const head = await repository.commit({ "a.txt": "a\n" });
  const trace = join(repository.directory, "trace");
  const environment = { GIT_DIR: join(repository.directory, ".git"), GIT_TRACE: trace };
  await using reader = createBlobReader({ environment, signal }, lifeMs);
  const blob = await reader.find(`${head}:a.txt`);
  expect(blob && (await reader.read(blob))).toEqual(Buffer.from("a\n"));
  expect(await reader.find(`${head}:b.txt`)).toBeNull();
  const starts = (await Bun.file(trace).text()).match(/git cat-file/g);
  expect(starts).toHaveLength(processes);
});
