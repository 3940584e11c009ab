/** How a check run is written: the one with our external id on the commit, created where there is none. */
import type { Publication } from "../../adapters/postgres/publications.ts";
import type { Write } from "./write-once.ts";
import type { Writer } from "./writer.ts";

/** Updating says the same thing again, so an unclear write needs no looking for: send() finds what is there. */
export function checkWrite(
  writer: Writer,
  publication: Publication<"check">,
): Write<number, { readonly externalId: number }> {
  return {
    publication,
    find: async () => null,
    send: () => sendCheck(writer, publication),
    confirm: async (id) => ({ externalId: id }),
    record: async () => {},
  };
}

/** Check runs cannot be deleted; should there be two, both say the same. Returns the id of the first. */
async function sendCheck({ ctx, repository }: Writer, { payload }: Publication<"check">): Promise<number> {
  const { headSha, externalId, check } = payload;
  const ids = (await ctx.forge.listChecks(repository, headSha))
    .filter((posted) => posted.externalId === externalId)
    .map(({ id }) => id)
    .sort((a, b) => a - b);
  const [first] = ids;
  if (first === undefined) {
    return (await ctx.forge.createCheck(repository, { ...check, headSha, externalId })).id;
  }
  for (const id of ids) await ctx.forge.updateCheck(repository, id, check);
  return first;
}
