/** The id by which a check run is found again: one for each head commit and base, and for each explicit request. */
import { createHash } from "node:crypto";
import type { PullRequestPlace } from "../../adapters/postgres/pull-request-place.ts";
import type { Task } from "../../adapters/postgres/tasks.ts";

/** The same for every automatic task of one head and base, so that a later one goes on in the earlier one's check. */
export function checkExternalId(
  place: Pick<PullRequestPlace, "forge" | "host" | "repositoryId" | "number">,
  task: Pick<Task, "id" | "trigger" | "headSha" | "baseRef">,
): string {
  const automatic = task.trigger === "webhook" || task.trigger === "sweep";
  const parts = [place.forge, place.host, place.repositoryId, place.number, task.headSha, task.baseRef];
  const named = automatic ? parts : [...parts, task.id];
  return `reviewd:${createHash("sha256").update(JSON.stringify(named)).digest("hex")}`;
}
