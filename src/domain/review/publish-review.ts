/**
 * Publishes a review. The forge refuses it whole when one comment does not fit its own view of the diff; then what may
 * be at fault goes to the summary, at worst all of it. Nothing is dropped.
 */
import { moveToSummary } from "../../adapters/postgres/findings.ts";
import {
  endPublication,
  getPublication,
  intendPayload,
  type Publication,
} from "../../adapters/postgres/publications.ts";
import { ReviewdError } from "../../errors.ts";
import { requireCurrentHead } from "./current-head.ts";
import { refreshReport } from "./freeze-review.ts";
import { fitsInline, onAddedLines } from "./place-findings.ts";
import { withPullRequest } from "./read-pull-request.ts";
import { renderReview } from "./render-review.ts";
import { reviewWrite } from "./review-write.ts";
import { shownByForge } from "./shown-by-forge.ts";
import { writeOnce } from "./write-once.ts";
import { inGoingRun, type ReviewRun, signMarker } from "./writer.ts";

export async function publishReview(run: ReviewRun, publication: Publication<"review">): Promise<void> {
  const refusal = await tryReview(run, publication);
  if (refusal === null) return;
  // The usual reason: the commit is not the pull request's any more.
  await requireCurrentHead(run);
  const narrowed = await narrowReview(run, publication, await findFitting(run, publication), refusal);
  if (narrowed === null) return;
  const secondRefusal = await tryReview(run, narrowed);
  if (secondRefusal !== null) await narrowReview(run, narrowed, new Set(), secondRefusal);
}

/** Null: it is posted; else what the forge has against it. */
async function tryReview(run: ReviewRun, publication: Publication<"review">): Promise<string | null> {
  try {
    await writeOnce(run, reviewWrite(run, publication));
    return null;
  } catch (error) {
    if (error instanceof ReviewdError && error.code === "invalid_input") return error.message;
    throw error;
  }
}

/** Findings whose comments surely fit: added lines of what the forge shows of the diff as it is now. */
async function findFitting(run: ReviewRun, { payload }: Publication<"review">): Promise<ReadonlySet<string>> {
  return await withPullRequest(run, async ({ readDiff }) => {
    const fileByPath = new Map(shownByForge(await readDiff()).map((file) => [file.path, file]));
    const fitting = payload.comments.filter(({ path, line, startLine }) => {
      const file = fileByPath.get(path);
      const lines = { startLine: startLine ?? line, line };
      return file !== undefined && fitsInline(lines, file) && onAddedLines(lines, file);
    });
    return new Set(fitting.map(({ findingId }) => findingId));
  });
}

/** Keeps these findings' comments and says the others in the summary. Null: there is no review left to post. */
async function narrowReview(
  run: ReviewRun,
  { id, payload }: Publication<"review">,
  kept: ReadonlySet<string>,
  refusal: string,
): Promise<Publication<"review"> | null> {
  const comments = payload.comments.filter(({ findingId }) => kept.has(findingId));
  const moved = payload.comments.filter(({ findingId }) => !kept.has(findingId));
  run.ctx.log.warn({ kept: comments.length, moved: moved.length, refusal }, "the forge refused the review");
  return await inGoingRun(run, async (tx) => {
    await moveToSummary(
      tx,
      moved.map(({ findingId }) => findingId),
    );
    await refreshReport(tx, run);
    if (comments.length === 0) {
      await endPublication(tx, { id, state: "abandoned", error: refusal });
      return null;
    }
    const body = renderReview(
      comments.length,
      signMarker(run, { kind: "review", publicationId: id, findingId: null }),
    );
    await intendPayload<"review">(tx, { id, payload: { ...payload, body, comments } });
    return await getPublication(tx, run.task.taskId, "review");
  });
}
