/** The event push: whether what it brought to a branch may have changed the configuration there. */
import { z } from "zod";
import { configurationPaths } from "../configuration/read-base.ts";
import { actionNotUsed, type DeliveryEvent } from "./delivery-event.ts";
import { forgeId, sha, text } from "./github-payload.ts";

/** GitHub lists so many commits of a push at most; older Enterprise Servers fewer. */
const listedCommits = [20, 2_048];

const paths = z.array(text).nullish();
const payloadSchema = z.object({
  ref: text,
  before: sha,
  after: sha,
  created: z.boolean(),
  deleted: z.boolean(),
  forced: z.boolean(),
  commits: z.array(z.object({ added: paths, removed: paths, modified: paths })),
  // Of the events with a ref, only this one names who pushed like this.
  pusher: z.looseObject({ name: text }),
  repository: z.object({ id: forgeId }),
});

export function parsePush(payload: object): DeliveryEvent {
  const push = payloadSchema.parse(payload);
  const [, branch] = /^refs\/heads\/(.+)$/s.exec(push.ref) ?? [];
  if (branch === undefined || push.deleted || !mayChangeConfiguration(push)) return actionNotUsed;
  return { kind: "configuration_pushed", repositoryId: push.repository.id, branch, commitSha: push.after };
}

/** Where the list of commits is cut, or tells only what came and not what went, anything may have. */
function mayChangeConfiguration(push: z.output<typeof payloadSchema>): boolean {
  const { created, forced, commits } = push;
  if (created || forced || commits.length === 0 || listedCommits.includes(commits.length)) return true;
  const names: ReadonlySet<string> = new Set(configurationPaths);
  return commits.some(({ added, removed, modified }) =>
    [added, removed, modified].some((list) => list?.some((path) => names.has(path))),
  );
}
