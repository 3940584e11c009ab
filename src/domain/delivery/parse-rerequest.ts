/** The button that asks for a check to be run again. GitHub tells only the App the check belongs to. */
import { z } from "zod";
import { actionNotUsed, type DeliveryEvent } from "./delivery-event.ts";
import { ignored } from "./delivery-outcome.ts";
import { anyAction, forgeId, sha, text } from "./github-payload.ts";

const place = {
  repository: z.object({ id: forgeId }),
  sender: z.object({ login: text, type: z.string().nullish() }).nullish(),
};
const checkRun = z.object({ ...place, check_run: z.object({ head_sha: sha }) });
const checkSuite = z.object({ ...place, check_suite: z.object({ head_sha: sha }) });

export function parseCheckRun(payload: object): DeliveryEvent {
  if (!isRerequest(payload)) return actionNotUsed;
  const { check_run: check, ...asked } = checkRun.parse(payload);
  return rerequest(asked, check.head_sha);
}

/** All checks of a head at once. */
export function parseCheckSuite(payload: object): DeliveryEvent {
  if (!isRerequest(payload)) return actionNotUsed;
  const { check_suite: suite, ...asked } = checkSuite.parse(payload);
  return rerequest(asked, suite.head_sha);
}

function isRerequest(payload: object): boolean {
  return anyAction.parse(payload).action === "rerequested";
}

interface Asked {
  readonly repository: { readonly id: number };
  readonly sender?: { readonly login: string; readonly type?: string | null | undefined } | null | undefined;
}

function rerequest({ repository, sender }: Asked, headSha: string): DeliveryEvent {
  if (sender?.type === "Bot") return { kind: "none", outcome: ignored("bot") };
  return { kind: "rerequest", repositoryId: repository.id, headSha, requestedBy: sender?.login ?? null };
}
