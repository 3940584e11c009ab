/** How a check run is written: the one with our external id on the commit, created where there is none. */
import type { Publication } from "../../adapters/postgres/publications.ts";
import type { Write } from "./write-once.ts";
import type { Writer } from "./writer.ts";

/** Updating says the same thing again, so an unclear write needs no looking for: prepare() finds what is there. */
export function checkWrite(
  writer: Writer,
  publication: Publication<"check">,
): Write<number, { readonly externalId: number }> {
  return {
    publication,
    find: async () => null,
    prepare: () => prepareCheck(writer, publication),
    confirm: async (id) => ({ externalId: id }),
    record: async () => {},
  };
}

/** The request answers the id of the check run that is ours. */
async function prepareCheck(
  { ctx, repository }: Writer,
  { payload }: Publication<"check">,
): Promise<() => Promise<number>> {
  const { headSha, externalId, check } = payload;
  const ids = (await ctx.forge.listChecks(repository, headSha))
    .filter((posted) => posted.externalId === externalId)
    .map(({ id }) => id);
  if (ids.length === 0) {
    return async () => (await ctx.forge.createCheck(repository, { ...check, headSha, externalId })).id;
  }
  // Check runs cannot be deleted; should there be two, the forge shows the newest, so all say the same.
  return async () => {
    await Promise.all(ids.map((id) => ctx.forge.updateCheck(repository, id, check)));
    return Math.min(...ids);
  };
}
