/** What an event about a pull request does: facts, then what they ask for. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import { renameOwner } from "../../adapters/postgres/owners.ts";
import {
  type EnsuredPullRequest,
  ensurePullRequest,
  factsOf,
  findPullRequest,
  type PullRequest,
  updatePullRequest,
} from "../../adapters/postgres/pull-requests.ts";
import { findRepository } from "../../adapters/postgres/repositories.ts";
import { getStoredLayers } from "../../adapters/postgres/repository-configurations.ts";
import { makeCommentsDue } from "../../adapters/postgres/review-comments.ts";
import { gateRulesOf } from "../configuration/gate-rules.ts";
import { requestReview } from "../task/request-review.ts";
import { stopTasks } from "../task/stop-tasks.ts";
import { decidePullRequest } from "./decide-pull-request.ts";
import type { DeliveryEvent } from "./delivery-event.ts";
import { cancelled, type DeliveryOutcome, ignored, stale } from "./delivery-outcome.ts";
import type { Intake } from "./intake.ts";
import { mergeFacts } from "./merge-facts.ts";
import { type StoredPlace, storePlace } from "./store-place.ts";

type PullRequestEvent = Extract<DeliveryEvent, { kind: "pull_request" }>;

export async function applyPullRequest(
  tx: Tx,
  intake: Intake,
  event: PullRequestEvent,
): Promise<DeliveryOutcome> {
  // Before anything is stored, so that an old event brings no old name back.
  const known = await findKnown(tx, intake, event);
  if (known && mergeFacts(factsOf(known), event) === null) {
    await makeCommentsDue(tx, known.id);
    return stale;
  }
  const place = await storePlace(tx, intake, event.place);
  const { owner, installation, repository } = place;
  if (installation?.status === "suspended") return ignored("suspended");
  if (installation?.status === "deleted") return ignored("uninstalled");

  const { facts } = event;
  const ensured = await ensurePullRequest(tx, { repositoryId: repository.id, ownerId: owner.id, facts });
  const { row, created } = ensured;
  const { login } = event.place.repository.owner;
  if (login !== owner.login) await renameOwner(tx, { id: owner.id, login });
  if (!created) await makeCommentsDue(tx, row.id);
  return await applyFacts(tx, intake, event, place, ensured);
}

async function applyFacts(
  tx: Tx,
  { taskMaxAttempts }: Intake,
  { change, facts: told }: PullRequestEvent,
  { owner, repository }: StoredPlace,
  { row, created, plan }: EnsuredPullRequest,
): Promise<DeliveryOutcome> {
  const stored = created ? null : factsOf(row);
  const facts = stored ? mergeFacts(stored, { change, facts: told }) : told;
  if (facts === null) return stale;
  const pullRequest = created ? row : await updatePullRequest(tx, row.id, facts);
  const { reviewMode } = repository;
  const branch = { ownerId: owner.id, repositoryId: repository.id, baseRef: facts.baseRef };
  const isAboutLabels = change.action === "labeled" || change.action === "unlabeled";
  const rules = isAboutLabels ? gateRulesOf(await getStoredLayers(tx, branch)) : null;
  const decision = decidePullRequest({ change, stored, facts, reviewMode, rules });
  switch (decision.do) {
    case "request_review":
      return await requestReview(tx, {
        repository,
        pullRequest,
        owner: { id: owner.id, plan },
        trigger: "webhook",
        maxAttempts: taskMaxAttempts,
      });
    case "cancel": {
      const stop = { pullRequestIds: [row.id], reason: "closed", automaticOnly: false } as const;
      return cancelled(decision.reason, await stopTasks(tx, stop));
    }
    case "nothing":
      return ignored(decision.reason);
  }
}

async function findKnown(
  tx: Tx,
  { forge, host }: Intake,
  { place, facts }: PullRequestEvent,
): Promise<PullRequest | null> {
  const repository = await findRepository(tx, { forge, host, externalId: place.repository.id });
  return repository && (await findPullRequest(tx, repository.id, facts.number));
}
