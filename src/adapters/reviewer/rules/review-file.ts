/** Reviews one file of a diff: first its added lines as text, then the whole file as its language's syntax tree. */
import { addedLines, type FileDiff } from "../../git/diff.ts";
import type { Finding, NotReviewedReason } from "../reviewer.ts";
import { textJob, treeJob } from "./file-job.ts";
import type { Job, TreeJob } from "./job.ts";
import { findLanguage, isVendored } from "./language.ts";
import type { ParserPool } from "./parser-pool.ts";
import { hasTreeRules } from "./rule-catalog.ts";
import { findingOf } from "./rule-finding.ts";
import type { RulesInput } from "./rules-reviewer.ts";
import { isSafetyRule } from "./safety-rules.ts";

export interface FileReview {
  readonly path: string;
  /** There may be some although the file was not reviewed in full: the text rules run first. */
  readonly findings: readonly Finding[];
  /** Null when all rules that apply have run. */
  readonly reason: NotReviewedReason | null;
}

interface FileReviewContext {
  readonly input: RulesInput;
  readonly pool: ParserPool;
  readonly maxParsedBytes: number;
  /** False once too many files of the review have run out of time. */
  readonly mayParse: boolean;
}

export async function reviewFile(file: FileDiff, context: FileReviewContext): Promise<FileReview> {
  const { path } = file;
  const added = addedLines(file);
  const nothing = nothingToRead(file, added);
  if (nothing) return { path, findings: [], reason: nothing };

  const isExcluded = context.input.isExcluded?.(path) ?? false;
  const findings: Finding[] = [];
  const run = async (job: Job): Promise<NotReviewedReason | null> => {
    const outcome = await context.pool.run(job, context.input.signal);
    if (outcome.kind === "lost") return outcome.reason;
    const wanted = outcome.hits.filter(({ ruleId }) => isWanted(ruleId, isExcluded, context.input));
    for (const hit of wanted) findings.push(...findingOf(hit, path, added));
    return null;
  };

  const textReason = await run(textJob(file));
  if (isExcluded) return { path, findings, reason: textReason ?? "excluded" };
  const job = await findTreeJob(file, context);
  const treeReason = typeof job === "string" || !job ? job : await run(job);
  return { path, findings, reason: textReason ?? treeReason };
}

/** What endangers a reader is told whatever the configuration says: it may be the change that wrote it. */
function isWanted(ruleId: string, isExcluded: boolean, { disabledRules }: RulesInput): boolean {
  return isSafetyRule(ruleId) || !(isExcluded || disabledRules?.has(ruleId));
}

function nothingToRead(file: FileDiff, added: ReadonlySet<number>): NotReviewedReason | null {
  if (file.change === "deleted") return "deleted";
  if (file.binary) return "binary";
  if (file.omitted) return file.omitted;
  return added.size === 0 ? "no_changed_lines" : null;
}

/** Null for a file no structural rule applies to; a reason for one that cannot be parsed. */
async function findTreeJob(
  file: FileDiff,
  { input, maxParsedBytes, mayParse }: FileReviewContext,
): Promise<TreeJob | NotReviewedReason | null> {
  const language = findLanguage(file.path);
  if (!language || isVendored(file.path) || !hasTreeRules(language, file.path)) return null;
  if (!mayParse) return "timed_out";
  const bytes = await input.readFile(file.path);
  // A name that is not UTF-8 was decoded with replacement characters: nothing has the name that is asked for.
  if (!bytes) return "parser_failed";
  if (bytes.byteLength > maxParsedBytes) return "too_large";
  return treeJob(file, language, new TextDecoder().decode(bytes));
}
