/** What a repository says about its reviews counts from its base branch, and nothing that a head says does. */
import { expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { problems, startSystem, taskOf } from "./system.ts";

test("a label that the file excludes keeps reviews away until it is taken off, with one run to find out", async () => {
  await using system = await startSystem({ roles: ["serve", "dispatcher"] });
  const { repository } = system;
  await repository.push({
    files: { ".reviewd.yml": "excluded_labels: [wip]\nseverity_threshold: medium\n" },
  });
  const open = (branch: string) =>
    repository.openPullRequest({
      author: "eve",
      title: "Add cart",
      branch,
      labels: ["WIP"],
      files: { ...problems, ".reviewd.yml": "excluded_labels: []\n" },
    });

  const first = await open("one");
  const found = await taskOf(system, first, "skipped");
  expect([found.reason, found.attemptCount]).toEqual(["label_excluded", 1]);
  await eventually(async () => {
    expect(first.checks()).toMatchObject([{ status: "completed", conclusion: "skipped" }]);
  });
  const second = await open("two");
  const known = await taskOf(system, second, "skipped");
  expect([known.reason, known.attemptCount]).toEqual(["label_excluded", 0]);
  expect(second.checks()).toEqual([]);

  await second.unlabel("WIP");
  const reviewed = await taskOf(system, second, "completed");
  expect(second.inlineComments().length).toBeGreaterThan(0);
  const { settings, path, problems: wrong } = await system.get(`/tasks/${reviewed.id}/configuration`);
  expect([path, wrong]).toEqual([".reviewd.yml", []]);
  expect(settings.excluded_labels).toEqual({ value: ["wip"], origin: "repository" });
  const { id } = (await system.get(`/tasks/${reviewed.id}`)).repository;
  const shown = await system.get(`/repositories/${id}/configuration`);
  expect(shown).toMatchObject({ base_ref: "main", stale: false });
  expect(shown.settings.severity_threshold).toEqual({ value: "medium", origin: "repository" });
});

test("the sweep reviews what a change of the file lets in", async () => {
  await using system = await startSystem({ roles: ["serve", "dispatcher", "syncer"] });
  const { repository } = system;
  await repository.push({ files: { ".reviewd.yml": "forks: members\n" } });
  const request = { title: "Add cart", files: problems, fromFork: true };
  const stranger = await repository.openPullRequest({ ...request, author: "eve", branch: "cart" });
  expect((await taskOf(system, stranger, "skipped")).reason).toBe("fork_policy");

  repository.setRole("ada", "write");
  const member = await repository.openPullRequest({ ...request, author: "ada", branch: "cart" });
  await taskOf(system, member, "completed");

  await repository.push({ files: { ".reviewd.yml": "forks: all\n" } });
  // The review of any pull request of the branch reads the file anew; then the sweep finds what waits for it.
  await repository.openPullRequest({ ...request, author: "bob", branch: "cart" });
  await taskOf(system, stranger, "completed");
});
