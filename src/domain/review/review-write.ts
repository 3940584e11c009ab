/** How a review with its inline comments is written, and every one of them recorded by the ids it got. */
import type { PostedComment } from "../../adapters/forge/posted.ts";
import type { FrozenComment, Publication } from "../../adapters/postgres/publications.ts";
import { captureComments } from "../../adapters/postgres/review-comments.ts";
import { ReviewdError } from "../../errors.ts";
import { ifThere } from "./if-there.ts";
import type { Write } from "./write-once.ts";
import { findOurs, pause, type Writer } from "./writer.ts";

export interface PostedReview {
  readonly externalId: number;
  readonly comments: readonly { readonly frozen: FrozenComment; readonly posted: PostedComment }[];
}

/** What is left of a review that was posted twice: a review itself cannot be deleted. */
const removedBody = "<!-- removed: this review was posted twice -->";

/** Reads of a fresh review's comments before a missing one counts as an error: the forge may lag behind itself. */
const maxReads = 6;
const readAgainMs = 250;

/** What is written is the review; what is sent back, its id. */
export function reviewWrite(writer: Writer, publication: Publication<"review">): Write<number, PostedReview> {
  const { ctx, repository, place } = writer;
  return {
    publication,
    find: async () => (await findReviews(writer, publication))[0] ?? null,
    prepare: async () => ({
      requests: 1,
      send: async () => (await ctx.forge.createReview(repository, place.number, publication.payload)).id,
    }),
    confirm: (id, adopted) => readBack(writer, publication, { id, adopted }),
    record: (tx, { comments }) =>
      captureComments(
        tx,
        comments.map((comment) => toRow(writer, publication, comment)),
      ),
  };
}

/** Ids of our reviews that carry the publication's marker, oldest first. */
async function findReviews(writer: Writer, { id }: Publication<"review">): Promise<readonly number[]> {
  const { ctx, place, repository } = writer;
  const reviews = await ctx.forge.listReviews(repository, place.number);
  const ours = findOurs(writer, await ctx.forge.ownAccount(), "review", reviews);
  return ours.filter(({ marker }) => marker.publicationId === id).map(({ posted }) => posted.id);
}

async function readBack(
  writer: Writer,
  publication: Publication<"review">,
  review: { readonly id: number; readonly adopted: boolean },
): Promise<PostedReview> {
  const expected = publication.payload.comments;
  for (let read = 1; ; read++) {
    const byFinding = await readComments(writer, publication);
    const comments = expected.flatMap((frozen) => {
      const [posted] = byFinding.get(frozen.findingId) ?? [];
      return posted ? [{ frozen, posted }] : [];
    });
    const missing = expected.length - comments.length;
    if (missing === 0 || (review.adopted && read === maxReads)) {
      if (missing > 0)
        writer.ctx.log.warn({ missing }, "comments of the review were deleted before they were recorded");
      const twice = [...byFinding.values()].flatMap(([, ...others]) => others);
      const id = twice.length === 0 ? review.id : await removeTwice(writer, publication, twice);
      return { externalId: id, comments };
    }
    if (read === maxReads)
      throw new ReviewdError("unavailable", `${missing} posted comments cannot be read back`);
    await pause(writer, readAgainMs);
  }
}

/** The publication's inline comments as they are on the forge, by finding, oldest first. */
async function readComments(
  writer: Writer,
  { id }: Publication<"review">,
): Promise<ReadonlyMap<string | null, readonly PostedComment[]>> {
  const { ctx, place, repository } = writer;
  const comments = await ctx.forge.listInlineComments(repository, place.number);
  const ours = findOurs(writer, await ctx.forge.ownAccount(), "inline", comments).filter(
    ({ marker }) => marker.publicationId === id,
  );
  const grouped = Map.groupBy(ours, ({ marker }) => marker.findingId);
  return new Map([...grouped].map(([findingId, group]) => [findingId, group.map(({ posted }) => posted)]));
}

/** Takes away later copies of comments and what can be taken of their reviews. Returns the id of the first review. */
async function removeTwice(
  writer: Writer,
  publication: Publication<"review">,
  comments: readonly PostedComment[],
): Promise<number> {
  const { ctx, place, repository } = writer;
  for (const { id } of comments) await ifThere(ctx.forge.deleteInlineComment(repository, id));
  const [first, ...others] = await findReviews(writer, publication);
  for (const id of others) await ctx.forge.updateReviewBody(repository, place.number, id, removedBody);
  if (first === undefined) throw new ReviewdError("unavailable", "the review that was posted is not listed");
  ctx.log.warn({ comments: comments.length, reviews: others.length }, "removed what was posted twice");
  return first;
}

function toRow(
  { place }: Writer,
  publication: Publication<"review">,
  { frozen, posted }: PostedReview["comments"][number],
) {
  return {
    taskId: publication.taskId,
    publicationId: publication.id,
    findingId: frozen.findingId,
    pullRequestId: place.pullRequestId,
    forge: place.forge,
    host: place.host,
    kind: "inline" as const,
    externalId: posted.id,
    nodeId: posted.nodeId,
    // What was asked for: the forge's own line goes away when a later push changes it.
    path: frozen.path,
    line: frozen.line,
    url: posted.url,
    postedAt: new Date(posted.createdAt),
  };
}
