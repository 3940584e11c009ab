/** How a pull request's one summary comment is written: the known one, else one with our marker, else a new one. */
import type { PostedComment } from "../../adapters/forge/posted.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import { getPublication, type Publication } from "../../adapters/postgres/publications.ts";
import {
  captureComments,
  findSummaryComment,
  markCommentGone,
  type ReviewComment,
} from "../../adapters/postgres/review-comments.ts";
import { ReviewdError } from "../../errors.ts";
import { ifThere } from "./if-there.ts";
import { type Prepared, type Write, writeOnce } from "./write-once.ts";
import { findOurs, inFence, type ReviewRun, type Writer } from "./writer.ts";

interface Sent {
  readonly comment: PostedComment;
  /** False: the comment was known and got a new text, so there is no second one to look for. */
  readonly fresh: boolean;
}

interface Posted {
  readonly externalId: number;
  readonly comment: PostedComment;
}

/** Publishes it; where the known comment was deleted by a person, as a new one. */
export async function publishSummary(run: ReviewRun, publication: Publication<"summary">): Promise<void> {
  const written = await ifThere(writeOnce(run, summaryWrite(run, publication)).then(() => true));
  if (written) return;
  await inFence(run, async (tx) => {
    const known = await findSummaryComment(tx, run.place.pullRequestId);
    if (known) await forget(tx, known);
  });
  await writeOnce(run, summaryWrite(run, await getPublication(run.ctx.db, run.task.taskId, "summary")));
}

export function summaryWrite(writer: Writer, publication: Publication<"summary">): Write<Sent, Posted> {
  const { body } = publication.payload;
  return {
    publication,
    find: () => findSent(writer, publication),
    prepare: () => prepareSummary(writer, body),
    confirm: (sent) => keepFirst(writer, publication, sent),
    record: (tx, { comment }) => recordSummary(tx, writer, publication, comment),
  };
}

async function findSent(writer: Writer, { id }: Publication<"summary">): Promise<Sent | null> {
  const sent = (await listSummaries(writer)).find(({ marker }) => marker.publicationId === id);
  return sent ? { comment: sent.posted, fresh: true } : null;
}

async function prepareSummary(writer: Writer, body: string): Promise<Prepared<Sent>> {
  const { ctx, place, repository } = writer;
  const known = await findSummaryComment(ctx.db, place.pullRequestId);
  const id = known?.externalId ?? (await listSummaries(writer))[0]?.posted.id;
  const send = async () =>
    id === undefined
      ? { comment: await ctx.forge.createComment(repository, place.number, body), fresh: true }
      : { comment: await ctx.forge.updateComment(repository, id, body), fresh: !known };
  return { send, requests: 1 };
}

/**
 * Of several, the first stays. Should that be one with another text, it is for the next attempt to update: this one
 * may be a process that woke up late.
 */
async function keepFirst(
  writer: Writer,
  { id }: Publication<"summary">,
  { comment, fresh }: Sent,
): Promise<Posted> {
  if (!fresh) return { externalId: comment.id, comment };
  const [first, ...others] = await listSummaries(writer);
  for (const { posted } of others)
    await ifThere(writer.ctx.forge.deleteComment(writer.repository, posted.id));
  if (first && first.marker.publicationId !== id) {
    throw new ReviewdError("unavailable", "another summary of ours was there first");
  }
  const kept = first?.posted ?? comment;
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
