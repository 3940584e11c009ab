/** Reviews one file of a diff: first its added lines as text, then the whole file as its language's syntax tree. */
import { addedLines, type FileDiff } from "../../git/diff.ts";
import type { DiffInput, Finding, NotReviewedReason } from "../reviewer.ts";
import { textJob, treeJob } from "./file-job.ts";
import type { Job, TreeJob } from "./job.ts";
import { findLanguage, isVendored } from "./language.ts";
import type { ParserPool } from "./parser-pool.ts";
import { hasTreeRules } from "./rule-catalog.ts";
import { findingOf } from "./rule-finding.ts";

export interface FileReview {
  readonly path: string;
  /** There may be some although the file was not reviewed in full: the text rules run first. */
  readonly findings: readonly Finding[];
  /** Null when all rules that apply have run. */
  readonly reason: NotReviewedReason | null;
}

interface FileReviewContext {
  readonly input: DiffInput;
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

  const findings: Finding[] = [];
  const run = async (job: Job): Promise<NotReviewedReason | null> => {
    const outcome = await context.pool.run(job, context.input.signal);
    if (outcome.kind === "lost") return outcome.reason;
    for (const hit of outcome.hits) findings.push(...findingOf(hit, path, added));
    return null;
  };

  const textReason = await run(textJob(file));
  const job = await findTreeJob(file, context);
  const treeReason = typeof job === "string" || !job ? job : await run(job);
  return { path, findings, reason: textReason ?? treeReason };
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
