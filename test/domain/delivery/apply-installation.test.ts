import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { findBrokenSeats } from "../../../src/adapters/postgres/seats.ts";
import { endRun } from "../../support/queue.ts";
import { createIntake } from "./intake-harness.ts";
import { commit, installationPayload, newPlace, type Place, repositoryPart, second } from "./payloads.ts";

const intake = await createIntake();
const { pull, send, told } = intake;

afterEach(async () => {
  expect(await findBrokenSeats(intake.db)).toEqual([]);
  await intake.clear();
});
afterAll(() => intake.close());

const listed = (place: Place) => ({ id: place.repositoryId, full_name: place.fullName, private: true });
const installationEvent = (place: Place, action: string, at = second(1)) =>
  send("installation", installationPayload(place, action, at));

/** Two repositories of one installation, each with a pull request in the queue. */
async function twoRepositories(): Promise<readonly [Place, Place]> {
  const first = newPlace();
  const second = newPlace({
    ownerId: first.ownerId,
    login: first.login,
    installationId: first.installationId,
  });
  for (const place of [first, second]) await pull(place, { action: "opened" });
  return [first, second];
}

describe("an installation", () => {
  test("is known with its owner, repositories and permissions from its own event", async () => {
    const place = newPlace();
    const payload = { ...installationPayload(place, "created"), repositories: [listed(place)] };
    expect(await send("installation", payload)).toMatchObject({ outcome: "recorded", reason: "facts" });
    const installation = await intake.installationOf(place);
    expect(installation).toMatchObject({ status: "active", permissions: { contents: "read" } });
    expect(await intake.repositoryOf(place)).toMatchObject({
      installationId: installation?.id ?? "",
      ownerId: installation?.ownerId ?? "",
      fullName: place.fullName,
    });
  });

  test.each([
    ["suspend", "suspended"],
    ["deleted", "uninstalled"],
  ])("%s cancels everything unfinished of it, and nothing of another", async (action, reason) => {
    const [first, second] = await twoRepositories();
    const [other] = await twoRepositories();
    await intake.claim();
    await pull({ ...first, number: 8 }, { action: "opened" });
    expect(await installationEvent(first, action)).toMatchObject({ outcome: "cancelled", reason });
    expect(await told(first)).toEqual([`a running ${reason}`, `a cancelled ${reason}`]);
    expect(await told(second)).toEqual([`a running ${reason}`]);
    expect(await told(other)).toEqual(["a running"]);
  });

  test("brings no work while it is suspended, and again once it is not", async () => {
    const [place] = await twoRepositories();
    await installationEvent(place, "suspend");
    const push = { action: "synchronize", head: commit("c"), before: commit("a"), at: second(2) } as const;
    expect(await pull(place, push)).toMatchObject({ outcome: "ignored", reason: "suspended" });
    await installationEvent(place, "unsuspend", second(3));
    expect(await pull(place, push)).toMatchObject({ outcome: "queued" });
  });

  test("that was unsuspended is not suspended by the older event", async () => {
    const [place] = await twoRepositories();
    await installationEvent(place, "unsuspend", second(3));
    expect(await installationEvent(place, "suspend", second(2))).toMatchObject({ outcome: "stale" });
    expect(await told(place)).toEqual(["a pending"]);
  });

  test("that was deleted stays deleted, whatever comes late", async () => {
    const [place] = await twoRepositories();
    await installationEvent(place, "deleted", second(1));
    expect(await installationEvent(place, "created", second(2))).toMatchObject({ outcome: "stale" });
    expect(await pull(place, { action: "reopened", at: second(4) })).toMatchObject({ reason: "uninstalled" });
    expect(await intake.installationOf(place)).toMatchObject({ status: "deleted" });
  });

  test("that is made anew takes the repositories over", async () => {
    const [place] = await twoRepositories();
    await installationEvent(place, "deleted");
    const again = { ...place, installationId: newPlace().installationId };
    expect(await pull(again, { action: "reopened", at: second(2) })).toMatchObject({ outcome: "queued" });
    expect((await intake.repositoryOf(place)).installationId).toBe(
      (await intake.installationOf(again))?.id ?? "",
    );
  });

  test("suspended while pull requests come in leaves none of them in the queue", async () => {
    for (let round = 0; round < 8; round++) {
      const place = newPlace();
      await pull(place, { action: "opened" });
      await Promise.all([
        ...[2, 3, 4, 5].map((number) => pull({ ...place, number }, { action: "opened" })),
        installationEvent(place, round % 2 === 0 ? "suspend" : "deleted"),
      ]);
      const left = (await intake.tasksOf(place)).filter(({ status }) => status === "pending");
      expect(left).toEqual([]);
    }
  });

  test("of an enterprise has no login; one without account is ignored", async () => {
    const place = newPlace();
    const payload = installationPayload(place, "created");
    const enterprise = {
      ...payload.installation,
      account: { id: place.ownerId, slug: "acme-all", name: "Acme" },
    };
    await send("installation", { ...payload, installation: enterprise });
    expect(await intake.ownerOf(place)).toMatchObject({ login: "acme-all", kind: "organization" });
    const nobody = { ...payload.installation, account: null };
    expect(await send("installation", { ...payload, installation: nobody })).toMatchObject({
      outcome: "ignored",
      reason: "no_account",
    });
  });
});

describe("an installation's repositories", () => {
  const change = (place: Place, added: readonly Place[], removed: readonly Place[]) =>
    send("installation_repositories", {
      ...installationPayload(place, added.length > 0 ? "added" : "removed"),
      repositories_added: added.map(listed),
      repositories_removed: removed.map(listed),
    });

  test("that are removed lose their work and their installation; the others keep theirs", async () => {
    const [gone, stays] = await twoRepositories();
    expect(await change(gone, [], [gone])).toMatchObject({
      outcome: "cancelled",
      reason: "repository_removed",
    });
    expect(await told(gone)).toEqual(["a cancelled repository_removed"]);
    expect(await told(stays)).toEqual(["a pending"]);
    expect(await intake.repositoryOf(gone)).toMatchObject({ installationId: null });
    expect(await change(gone, [], [gone])).toMatchObject({ outcome: "recorded" });
  });

  test("may be more than a statement takes parameters for", async () => {
    const [gone] = await twoRepositories();
    const others = Array.from({ length: 66_000 }, (_, i) => ({
      ...gone,
      repositoryId: gone.repositoryId + 1 + i,
    }));
    expect(await change(gone, [], [gone, ...others])).toMatchObject({ outcome: "cancelled" });
  });

  test("that are added are known before their first event", async () => {
    const [place] = await twoRepositories();
    const added = newPlace();
    expect(await change(place, [added], [])).toMatchObject({ outcome: "recorded", reason: "facts" });
    const { id = "" } = (await intake.installationOf(place)) ?? {};
    expect(await intake.repositoryOf(added)).toMatchObject({ installationId: id, fullName: added.fullName });
  });
});

describe("a repository", () => {
  const event = (place: Place, action: string) =>
    send("repository", { action, ...repositoryPart(place), sender: { login: "eve" } });

  test.each([
    ["deleted", "repository_deleted", true],
    ["archived", "repository_archived", false],
    ["transferred", "repository_transferred", true],
  ])("%s loses its work", async (action, reason, detached) => {
    const [place] = await twoRepositories();
    expect(await event(place, action)).toMatchObject({ outcome: "cancelled", reason });
    expect(await told(place)).toEqual(["a cancelled repository_removed"]);
    expect((await intake.repositoryOf(place)).installationId === null).toBe(detached);
  });

  test("that was transferred belongs to the other owner from then on; its old tasks do not", async () => {
    const [place] = await twoRepositories();
    const former = await intake.repositoryOf(place);
    const buyer = { ...newPlace(), repositoryId: place.repositoryId };
    await event(buyer, "transferred");
    await pull(buyer, { action: "reopened", at: second(1) });
    const owner = await intake.ownerOf(buyer);
    const ownerIds = (await intake.tasksOf(place)).map(({ ownerId }) => ownerId);
    expect(ownerIds).toEqual([former.ownerId, owner?.id ?? ""]);
    expect((await intake.repositoryOf(place)).fullName).toBe(buyer.fullName);
  });

  test("renamed keeps its row", async () => {
    const [place] = await twoRepositories();
    const former = await intake.repositoryOf(place);
    await event({ ...place, fullName: "acme/store" }, "renamed");
    expect(await intake.repositoryOf(place)).toMatchObject({ id: former.id, fullName: "acme/store" });
    expect(await told(place)).toEqual(["a pending"]);
  });

  test("nobody knows is not made by its end", async () => {
    const place = newPlace();
    expect(await event(place, "deleted")).toMatchObject({ outcome: "ignored", reason: "unknown_repository" });
    expect(await intake.ownerOf(place)).toBeNull();
  });
});

test("an owner that was renamed is the same owner", async () => {
  const [place] = await twoRepositories();
  const account = { id: place.ownerId, login: "acme-new", type: "Organization" };
  await send("installation_target", { action: "renamed", account, target_type: "Organization" });
  expect(await intake.ownerOf(place)).toMatchObject({ login: "acme-new" });
  expect(await told(place)).toEqual(["a pending"]);
});

describe("a check that is rerequested", () => {
  const rerequest = (place: Place, head: string, event: "check_run" | "check_suite" = "check_run") =>
    send(event, {
      action: "rerequested",
      [event]: { head_sha: commit(head) },
      repository: { id: place.repositoryId },
      sender: { login: "eve", type: "User" },
    });
  const reviewAll = async () => {
    for (const task of await intake.claim()) {
      await endRun(intake.ctx, task, { kind: "completed", reason: "reviewed" });
    }
  };

  test.each(["check_run", "check_suite"] as const)("by %s reviews a reviewed head again", async (event) => {
    const [place] = await twoRepositories();
    await reviewAll();
    expect(await rerequest(place, "a", event)).toMatchObject({ outcome: "queued" });
    expect(await intake.tasksOf(place)).toMatchObject([
      { status: "completed", trigger: "webhook" },
      { status: "pending", trigger: "rerequest", createdBy: "eve", headSha: commit("a") },
    ]);
  });

  test("adds nothing to what is queued or running already", async () => {
    const [place] = await twoRepositories();
    expect(await rerequest(place, "a")).toMatchObject({ outcome: "ignored", reason: "already_queued" });
    await intake.claim();
    expect(await rerequest(place, "a")).toMatchObject({ outcome: "ignored", reason: "already_running" });
    expect(await told(place)).toEqual(["a running"]);
  });

  test("passes the gates that are meant for automatic reviews", async () => {
    const place = newPlace();
    await pull(place, { action: "opened", draft: true });
    expect(await rerequest(place, "a")).toMatchObject({ outcome: "queued" });
    expect(await told(place)).toEqual(["a skipped draft", "a pending"]);
  });

  test("on an older head, a closed pull request or an unknown repository is ignored", async () => {
    const [place] = await twoRepositories();
    expect(await rerequest(place, "c")).toMatchObject({ reason: "unknown_pull_request" });
    await pull(place, { action: "closed", state: "closed", at: second(1) });
    expect(await rerequest(place, "a")).toMatchObject({ reason: "unknown_pull_request" });
    expect(await rerequest(newPlace(), "a")).toMatchObject({ reason: "unknown_repository" });
  });
});
