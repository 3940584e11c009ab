/** The event pull_request: its facts, and which one of them the action changed. */
import { z } from "zod";
import type { DeliveryEvent, PullRequestChange } from "./delivery-event.ts";
import { ignored } from "./delivery-outcome.ts";
import { anyAction, installationId, pullRequest, repository, sha, text } from "./github-payload.ts";

const payloadSchema = z.object({
  // Of the events about pull requests, only this one has the number here.
  number: z.int32().positive(),
  pull_request: pullRequest,
  repository,
  installation: installationId,
});

const changes = {
  opened: z.object({ action: z.literal("opened") }),
  reopened: z.object({ action: z.literal("reopened") }),
  closed: z.object({ action: z.literal("closed") }),
  ready_for_review: z.object({ action: z.literal("ready_for_review") }),
  converted_to_draft: z.object({ action: z.literal("converted_to_draft") }),
  synchronize: z.object({ action: z.literal("synchronize"), before: sha }),
  labeled: labelChange("labeled"),
  unlabeled: labelChange("unlabeled"),
  edited: z
    .object({
      action: z.literal("edited"),
      changes: z.object({ base: z.object({ ref: z.object({ from: text }) }).optional() }),
    })
    .transform((value) => ({ action: value.action, formerBaseRef: value.changes.base?.ref.from ?? null })),
} as const satisfies Record<PullRequestChange["action"], z.ZodType<PullRequestChange>>;

export function parsePullRequest(payload: object): DeliveryEvent {
  const { action } = anyAction.parse(payload);
  const { pull_request: facts, repository: repo, installation } = payloadSchema.parse(payload);
  if (!isUsed(action)) {
    const outcome = ignored("action_not_used");
    const { number } = facts;
    return {
      kind: "conversation",
      repositoryId: repo.id,
      number,
      deletedComment: null,
      said: null,
      feedback: null,
      outcome,
    };
  }
  const place = { repository: repo, installationId: installation?.id ?? null };
  return { kind: "pull_request", place, change: changes[action].parse(payload), facts };
}

function isUsed(action: string): action is PullRequestChange["action"] {
  return Object.hasOwn(changes, action);
}

/** The label is missing where it was deleted. */
function labelChange<Action extends "labeled" | "unlabeled">(action: Action) {
  return z
    .object({ action: z.literal(action), label: z.object({ name: text }).nullish() })
    .transform((value) => ({ action: value.action, label: value.label?.name ?? null }));
}
