/** How a reply to a command is written: in the thread or in the conversation in which it was asked for. */
import type { PostedComment } from "../../adapters/forge/posted.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import type { Publication } from "../../adapters/postgres/publications.ts";
import { captureComments } from "../../adapters/postgres/review-comments.ts";
import { ReviewdError } from "../../errors.ts";
import { ifThere } from "./if-there.ts";
import type { Prepared, Write } from "./write-once.ts";
import { findOurs, type Writer } from "./writer.ts";

interface Posted {
  readonly externalId: number;
  readonly comment: PostedComment;
}

export function replyWrite(writer: Writer, publication: Publication<"reply">): Write<PostedComment, Posted> {
  return {
    publication,
    find: async () => (await findReplies(writer, publication))[0] ?? null,
    prepare: () => prepareReply(writer, publication),
    confirm: (comment) => keepFirst(writer, publication, comment),
    record: (tx, { comment }) => recordReply(tx, writer, publication, comment),
  };
}

async function prepareReply(
  { ctx, repository, place }: Writer,
  { payload }: Publication<"reply">,
): Promise<Prepared<PostedComment>> {
  const { headSha, threadId, body } = payload;
  if (threadId === null) {
    return { requests: 1, send: () => ctx.forge.createComment(repository, place.number, body) };
  }
  const comments = await ctx.forge.listInlineComments(repository, place.number);
  const path = comments.find(({ id }) => id === threadId)?.path;
  if (!path) throw new ReviewdError("not_found", "the thread that asked for it is gone");
  const reply = { threadId, path, headSha, body };
  return { requests: 1, send: () => ctx.forge.replyInline(repository, place.number, reply) };
}

/** Comments with the reply's marker, oldest first. */
async function findReplies(
  writer: Writer,
  { id, payload }: Publication<"reply">,
): Promise<readonly PostedComment[]> {
  const { ctx, repository, place } = writer;
  const { forge } = ctx;
  const listed =
    payload.threadId === null
      ? await forge.listComments(repository, place.number)
      : await forge.listInlineComments(repository, place.number);
  const ours = findOurs(writer, await forge.ownAccount(), "reply", listed);
  return ours.filter(({ marker }) => marker.publicationId === id).map(({ posted }) => posted);
}

async function keepFirst(
  writer: Writer,
  publication: Publication<"reply">,
  sent: PostedComment,
): Promise<Posted> {
  const { ctx, repository } = writer;
  const [first = sent, ...others] = await findReplies(writer, publication);
  for (const { id } of others) {
    const deleted =
      publication.payload.threadId === null
        ? ctx.forge.deleteComment(repository, id)
        : ctx.forge.deleteInlineComment(repository, id);
    await ifThere(deleted);
  }
  return { externalId: first.id, comment: first };
}

async function recordReply(
  tx: Tx,
  { place }: Writer,
  publication: Publication<"reply">,
  comment: PostedComment,
): Promise<void> {
  await captureComments(tx, [
    {
      taskId: null,
      publicationId: publication.id,
      findingId: null,
      pullRequestId: place.pullRequestId,
      forge: place.forge,
      host: place.host,
      kind: publication.payload.threadId === null ? "answer" : "reply",
      externalId: comment.id,
      nodeId: comment.nodeId,
      path: comment.path,
      line: null,
      url: comment.url,
      postedAt: new Date(comment.createdAt),
    },
  ]);
}
