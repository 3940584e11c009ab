/**
 * Stores what the reviewer found and everything that will be written about it, in one transaction before the first
 * write. A later attempt publishes what is stored and never asks the reviewer again.
 */
import type { FileDiff } from "../../adapters/git/diff.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import { findFindings, findPosted, insertFindings } from "../../adapters/postgres/findings.ts";
import {
  type Coverage,
  type FrozenComment,
  findPublication,
  insertPublication,
  intendPayload,
} from "../../adapters/postgres/publications.ts";
import { findEarlierReviews } from "../../adapters/postgres/pull-request-place.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import type { EffectiveConfiguration } from "../configuration/configuration.ts";
import { storeConfiguration } from "../configuration/configure-review.ts";
import type { AskedReviewers } from "./ask-reviewers.ts";
import { measureCoverage } from "./coverage.ts";
import { type DecidedFinding, decideFindings } from "./decide-findings.ts";
import { completedCheck } from "./render-check.ts";
import { renderComment } from "./render-comment.ts";
import { renderReview } from "./render-review.ts";
import { renderSummary } from "./render-summary.ts";
import { offeredSuggestion } from "./suggestion.ts";
import { inGoingRun, type ReviewRun, signMarker } from "./writer.ts";

/** Earlier reviews the summary tells of. */
const historyLimit = 50;

/** What a run has found out, of which everything it says is made. */
export interface Reviewed {
  readonly files: readonly FileDiff[];
  readonly asked: AskedReviewers;
  readonly configuration: EffectiveConfiguration;
}

export async function freezeReview(run: ReviewRun, reviewed: Reviewed): Promise<void> {
  const { files, asked, configuration } = reviewed;
  const coverage = measureCoverage(files, asked.reviews);
  await inGoingRun(run, async (tx) => {
    const { taskId, pullRequestId } = run.task;
    await storeConfiguration(tx, run, configuration);
    const memory = { posted: await findPosted(tx, { pullRequestId, exceptTaskId: taskId }) };
    const decided = decideFindings(asked.findings.map(storable), {
      files,
      memory,
      configuration: configuration.values,
    });
    await insertFindings(
      tx,
      decided.findings.map((finding, ordinal) => ({
        ...finding,
        reportedBy: [...finding.reportedBy],
        taskId,
        pullRequestId,
        ordinal,
      })),
    );
    await freezeInline(tx, run, decided.findings, files);
    const summaryId = Bun.randomUUIDv7();
    const body = await composeSummary(tx, run, { summaryId, coverage });
    const payload = { body, coverage };
    await insertPublication(tx, { id: summaryId, taskId, pullRequestId, kind: "summary", payload });
    const check = await findPublication(tx, taskId, "check");
    if (check) {
      const completed = completedCheck({ findings: decided.findings, coverage });
      await intendPayload<"check">(tx, { id: check.id, payload: { ...check.payload, check: completed } });
    }
  });
}

/** Postgres takes no NUL in text, and neither does the forge. */
function storable(finding: Finding): Finding {
  const { title, body, suggestion } = finding;
  const hidden = suggestion?.includes("\0") ?? false;
  return {
    ...finding,
    title: title.replaceAll("\0", "\ufffd"),
    body: body.replaceAll("\0", "\ufffd"),
    suggestion: hidden ? null : suggestion,
  };
}

/** The summary's text, from what is stored of the task and of those before it. */
export async function composeSummary(
  tx: Tx,
  run: ReviewRun,
  { summaryId, coverage }: { readonly summaryId: string; readonly coverage: Coverage },
): Promise<string> {
  const { taskId, pullRequestId, headSha } = run.task;
  const findings = await findFindings(tx, taskId);
  const earlier = await findEarlierReviews(tx, { pullRequestId, exceptTaskId: taskId, limit: historyLimit });
  const marker = signMarker(run, { kind: "summary", publicationId: summaryId, findingId: null });
  return renderSummary({ headSha, findings, coverage, earlier }, marker);
}

/** No review is posted when there is nothing to say in the diff: summary and check suffice. */
async function freezeInline(
  tx: Tx,
  run: ReviewRun,
  placed: readonly DecidedFinding[],
  files: readonly FileDiff[],
): Promise<void> {
  const inline = placed.filter(({ disposition }) => disposition === "inline");
  if (inline.length === 0) return;
  const { taskId, pullRequestId, headSha } = run.task;
  const publicationId = Bun.randomUUIDv7();
  const fileByPath = new Map(files.map((file) => [file.path, file]));
  const comments = inline.map((finding): FrozenComment => {
    const suggestion = offeredSuggestion(finding, fileByPath.get(finding.path), run.place);
    const marker = signMarker(run, { kind: "inline", publicationId, findingId: finding.id });
    return {
      findingId: finding.id,
      path: finding.path,
      line: finding.line,
      startLine: finding.startLine < finding.line ? finding.startLine : null,
      body: renderComment(finding, suggestion, marker),
    };
  });
  const marker = signMarker(run, { kind: "review", publicationId, findingId: null });
  const payload = { headSha, body: renderReview(comments.length, marker), comments };
  await insertPublication(tx, { id: publicationId, taskId, pullRequestId, kind: "review", payload });
}
