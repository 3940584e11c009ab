/** How a pull request's one summary comment is written: the known one, else one with our marker, else a new one. */
import type { PostedComment } from "../../adapters/forge/forge.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import type { Publication } from "../../adapters/postgres/publications.ts";
import {
  captureComments,
  findSummaryComment,
  markCommentGone,
  type ReviewComment,
} from "../../adapters/postgres/review-comments.ts";
import { ifThere } from "./if-there.ts";
import type { Write } from "./write-once.ts";
import { findOurs, inFence, type Writer } from "./writer.ts";

interface Sent {
  readonly comment: PostedComment;
  /** False: the comment was known and got a new text, so there is no second one to look for. */
  readonly fresh: boolean;
}

interface Posted {
  readonly externalId: number;
  readonly comment: PostedComment;
}

export function summaryWrite(writer: Writer, publication: Publication<"summary">): Write<Sent, Posted> {
  const { body } = publication.payload;
  return {
    publication,
    find: () => findSent(writer, publication),
    send: () => sendSummary(writer, body),
    confirm: (sent) => keepOne(writer, body, sent),
    record: (tx, { comment }) => recordSummary(tx, writer, publication, comment),
  };
}

async function findSent(writer: Writer, { id }: Publication<"summary">): Promise<Sent | null> {
  const sent = (await listSummaries(writer)).find(({ marker }) => marker.publicationId === id);
  return sent ? { comment: sent.posted, fresh: true } : null;
}

async function sendSummary(writer: Writer, body: string): Promise<Sent> {
  const { ctx, place, repository } = writer;
  const known = await findSummaryComment(ctx.db, place.pullRequestId);
  const updated = known && (await ifThere(ctx.forge.updateComment(repository, known.externalId, body)));
  if (updated) return { comment: updated, fresh: false };
  if (known) await inFence(writer, (tx) => forget(tx, known));

  const [unknown] = await listSummaries(writer);
  if (unknown) {
    return { comment: await ctx.forge.updateComment(repository, unknown.posted.id, body), fresh: true };
  }
  return { comment: await ctx.forge.createComment(repository, place.number, body), fresh: true };
}

/** The first one stays and says what the last one said; later ones of our own go. */
async function keepOne(writer: Writer, body: string, { comment, fresh }: Sent): Promise<Posted> {
  if (!fresh) return { externalId: comment.id, comment };
  const { forge } = writer.ctx;
  const [first, ...others] = await listSummaries(writer);
  for (const { posted } of others) await ifThere(forge.deleteComment(writer.repository, posted.id));
  if (!first || first.posted.id === comment.id) return { externalId: comment.id, comment };
  const kept = await forge.updateComment(writer.repository, first.posted.id, body);
  return { externalId: kept.id, comment: kept };
}

async function recordSummary(
  tx: Tx,
  { place }: Writer,
  publication: Publication<"summary">,
  comment: PostedComment,
): Promise<void> {
  const known = await findSummaryComment(tx, place.pullRequestId);
  if (known && known.externalId !== comment.id) await forget(tx, known);
  await captureComments(tx, [
    {
      taskId: publication.taskId,
      publicationId: publication.id,
      findingId: null,
      pullRequestId: place.pullRequestId,
      forge: place.forge,
      host: place.host,
      kind: "summary",
      externalId: comment.id,
      nodeId: comment.nodeId,
      path: null,
      line: null,
      url: comment.url,
      postedAt: new Date(comment.createdAt),
    },
  ]);
}

async function forget(tx: Tx, { forge, host, kind, externalId }: ReviewComment): Promise<void> {
  await markCommentGone(tx, { forge, host, kind, externalId });
}

async function listSummaries(writer: Writer) {
  const { ctx, place, repository } = writer;
  const comments = await ctx.forge.listComments(repository, place.number);
  return findOurs(writer, await ctx.forge.ownAccount(), "summary", comments);
}
