/**
 * Stores what the reviewer found and everything that will be written about it, in one transaction before the first
 * write. A later attempt publishes what is stored and never asks the reviewer again.
 */
import type { FileDiff } from "../../adapters/git/diff.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import { insertFindings } from "../../adapters/postgres/findings.ts";
import {
  type Coverage,
  type FrozenComment,
  findPublication,
  getPublication,
  insertPublication,
  intendPayload,
  type Payloads,
} from "../../adapters/postgres/publications.ts";
import { findCommentsOf } from "../../adapters/postgres/pull-request-place.ts";
import type { ReviewFacts } from "../../adapters/postgres/review-facts.ts";
import { insertReviewedLines } from "../../adapters/postgres/reviewed-lines.ts";
import type { TaskRecord } from "../../adapters/postgres/task-records.ts";
import { maskSecrets } from "../../adapters/reviewer/mask-secrets.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import type { EffectiveConfiguration } from "../configuration/configuration.ts";
import { storeConfiguration } from "../configuration/configure-review.ts";
import { recordRun } from "../replay/record-run.ts";
import type { AskedReviewers } from "./ask-reviewers.ts";
import { measureCoverage } from "./coverage.ts";
import { type Decided, type DecidedFinding, decideFindings, type Material } from "./decide-findings.ts";
import { loadMemory } from "./load-memory.ts";
import { completedCheck } from "./render-check.ts";
import { renderComment } from "./render-comment.ts";
import { renderReview } from "./render-review.ts";
import { renderSummary } from "./render-summary.ts";
import { type Report, readReport } from "./report.ts";
import { offeredSuggestion } from "./suggestion.ts";
import { suppressionOf } from "./suppress.ts";
import { inGoingRun, type ReviewRun, signMarker } from "./writer.ts";

/** Names of reviewed files that are kept with the summary; more would not fit into it. */
const maxReviewedPaths = 100;
/** Findings that ended, likewise. */
const maxGone = 100;
/** Names of what held findings back, likewise. */
const maxSuppressions = 10;
/** Threads that are ended with one review; a pull request that people read has fewer. */
const maxThreads = 1_000;

/** What a run has found out, of which everything it says is made. */
export interface Reviewed {
  readonly files: readonly FileDiff[];
  readonly asked: AskedReviewers;
  readonly configuration: EffectiveConfiguration;
  /** Whether the operator set up a model. */
  readonly offersModel: boolean;
  /** As packRun made them, for the record of the run. */
  readonly packed: readonly TaskRecord[];
}

export async function freezeReview(run: ReviewRun, reviewed: Reviewed): Promise<void> {
  const { files, asked, configuration } = reviewed;
  const coverage = measureCoverage(files, asked.reviews);
  await inGoingRun(run, async (tx) => {
    const { taskId, pullRequestId } = run.task;
    await storeConfiguration(tx, run, configuration);
    const found = asked.findings.map(storable);
    const material: Material = {
      files,
      reviews: asked.reviews,
      memory: await loadMemory(tx, { pullRequestId, exceptTaskId: taskId }),
      configuration: configuration.values,
      scope: run.task.scope,
      newId: Bun.randomUUIDv7,
      salt: crypto.getRandomValues(new Uint8Array(16)),
    };
    const decided = decideFindings(found, material);
    await recordRun(tx, taskId, reviewed.packed, { found, material, decided });
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
    await insertReviewedLines(tx, { taskId, pullRequestId, lines: decided.reviewedLines });
    await freezeInline(tx, run, decided.findings, reviewed);
    const facts = collectFacts(reviewed, coverage, decided);
    const report = await readReport(tx, run.task, { coverage, facts });
    const id = Bun.randomUUIDv7();
    const payload = summaryPayload(run, id, report);
    await insertPublication(tx, { id, taskId, pullRequestId, kind: "summary", payload });
    await intendCompletedCheck(tx, run, report);
    await freezeThreads(tx, run, decided);
  });
}

function collectFacts(
  { files, asked, configuration, offersModel }: Reviewed,
  coverage: Coverage,
  decided: Decided,
): ReviewFacts {
  const unread = new Set(coverage.notReviewed.map(({ path }) => path));
  const read = files.map(({ path }) => path).filter((path) => !unread.has(path));
  return {
    reviewers: asked.reviews.map(({ reviewer }) => reviewer),
    fallback: asked.fallback?.why ?? null,
    modelMissing: !offersModel && configuration.values.model !== null,
    gate: configuration.values.gate,
    configurationPath: configuration.path,
    configurationProblems: configuration.problems,
    configurationWarnings: configuration.warnings,
    guidanceUsed:
      configuration.guidance !== null && asked.reviews.some(({ reviewer }) => reviewer === "model"),
    reviewedPaths: read.slice(0, maxReviewedPaths),
    gone: decided.gone
      .slice(0, maxGone)
      .map(({ origin: { path, line, severity, title } }) => ({ path, line, severity, title })),
    suppressions: findUsedSuppressions(decided),
  };
}

/** Each once, as their findings are ranked. */
function findUsedSuppressions({ findings }: Decided): ReviewFacts["suppressions"] {
  const used = findings.filter(({ withheldReason }) => withheldReason === "suppressed").map(suppressionOf);
  return [...new Map(used.map((one) => [`${one.kind} ${one.subject}`, one])).values()].slice(
    0,
    maxSuppressions,
  );
}

/** Without what nobody may keep: secrets; and NUL, which neither Postgres nor the forge takes in text. */
function storable(finding: Finding): Finding {
  const { title, body, suggestion } = finding;
  const isClean = suggestion !== null && toStorable(suggestion) === suggestion;
  return {
    ...finding,
    title: toStorable(title),
    body: toStorable(body),
    suggestion: isClean ? suggestion : null,
  };
}

function toStorable(text: string): string {
  return maskSecrets(text.replaceAll("\0", "\ufffd"));
}

function summaryPayload(run: ReviewRun, summaryId: string, report: Report): Payloads["summary"] {
  const marker = signMarker(run, { kind: "summary", publicationId: summaryId, findingId: null });
  return { body: renderSummary(report, marker), coverage: report.coverage, facts: report.facts };
}

async function intendCompletedCheck(tx: Tx, { task }: ReviewRun, report: Report): Promise<void> {
  const check = await findPublication(tx, task.taskId, "check");
  if (!check) return;
  const payload = { ...check.payload, check: completedCheck(report) };
  await intendPayload<"check">(tx, { id: check.id, payload });
}

/** Written by the outbox once the task has completed, so that it never keeps a review from ending. */
async function freezeThreads(tx: Tx, { task }: ReviewRun, { gone }: Decided): Promise<void> {
  const { taskId, pullRequestId } = task;
  const originIds = gone.map(({ origin }) => origin.originId);
  if (originIds.length === 0) return;
  const commentIds = await findCommentsOf(tx, { pullRequestId, originIds, limit: maxThreads });
  if (commentIds.length === 0) return;
  const id = Bun.randomUUIDv7();
  await insertPublication(tx, { id, taskId, pullRequestId, kind: "thread", payload: { commentIds } });
}

/** Says anew, in summary and check, what is stored of the task's findings by now. */
export async function refreshReport(tx: Tx, run: ReviewRun): Promise<void> {
  const { id, payload } = await getPublication(tx, run.task.taskId, "summary");
  const report = await readReport(tx, run.task, payload);
  await intendPayload<"summary">(tx, { id, payload: summaryPayload(run, id, report) });
  await intendCompletedCheck(tx, run, report);
}

/** No review is posted when there is nothing to say in the diff: summary and check suffice. */
async function freezeInline(
  tx: Tx,
  run: ReviewRun,
  placed: readonly DecidedFinding[],
  { files, configuration }: Reviewed,
): Promise<void> {
  const inline = placed.filter(({ disposition }) => disposition === "inline");
  if (inline.length === 0) return;
  const { taskId, pullRequestId, headSha } = run.task;
  const publicationId = Bun.randomUUIDv7();
  const fileByPath = new Map(files.map((file) => [file.path, file]));
  const comments = inline.map((finding): FrozenComment => {
    const suggestion = offeredSuggestion(finding, fileByPath.get(finding.path), {
      isAllowed: !run.place.fromFork || configuration.values.forkSuggestions,
    });
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
