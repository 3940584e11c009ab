/** How a notice is written: a comment of its own in the conversation, once. */
import type { PostedComment } from "../../adapters/forge/posted.ts";
import type { Publication } from "../../adapters/postgres/publications.ts";
import { ifThere } from "./if-there.ts";
import type { Write } from "./write-once.ts";
import { findOurs, signMarker, type Writer } from "./writer.ts";

export function noticeWrite(
  writer: Writer,
  publication: Publication<"notice">,
): Write<PostedComment, { readonly externalId: number }> {
  const { ctx, repository, place } = writer;
  const marker = signMarker(writer, { kind: "notice", publicationId: publication.id, findingId: null });
  const body = `${publication.payload.text}\n\n${marker}`;
  return {
    publication,
    find: async () => (await findNotices(writer, publication))[0] ?? null,
    prepare: async () => ({
      requests: 1,
      send: () => ctx.forge.createComment(repository, place.number, body),
    }),
    confirm: async (sent) => {
      const [first = sent, ...others] = await findNotices(writer, publication);
      for (const { id } of others) await ifThere(ctx.forge.deleteComment(repository, id));
      return { externalId: first.id };
    },
    record: async () => {},
  };
}

/** Comments with the notice's marker, oldest first. */
async function findNotices(writer: Writer, { id }: Publication<"notice">): Promise<readonly PostedComment[]> {
  const { ctx, repository, place } = writer;
  const comments = await ctx.forge.listComments(repository, place.number);
  const ours = findOurs(writer, await ctx.forge.ownAccount(), "notice", comments);
  return ours.filter(({ marker }) => marker.publicationId === id).map(({ posted }) => posted);
}
