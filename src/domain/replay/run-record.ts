/** What a run saw and got, as it is kept for replays: what is in it, and how it is put together and taken apart. */
import type { FileDiff } from "../../adapters/git/diff.ts";
import type { RecordKind, TaskRecord } from "../../adapters/postgres/task-records.ts";
import type { Part, PartFile } from "../../adapters/reviewer/model/budget/part.ts";
import type { ModelCall } from "../../adapters/reviewer/model/model-call.ts";
import type { Brief, Finding } from "../../adapters/reviewer/reviewer.ts";
import type { EffectiveConfiguration } from "../configuration/configuration.ts";
import type { ModelFallback } from "../review/ask-reviewers.ts";
import type { NamedReview } from "../review/coverage.ts";
import type { Decided, Material } from "../review/decide-findings.ts";
import { packRecord, unpackRecord } from "./packed-record.ts";

/** Raised when what is recorded changes its shape: an older record is then told to be of another version. */
const format = 1;

export interface RecordedInput {
  readonly files: readonly FileDiff[];
  readonly brief: Brief;
}

type RecordedPrompt = ModelCall["request"] & {
  /** The parts of files that were shown, by which an answer is read. */
  readonly shown: readonly (Pick<PartFile, "sections"> & { readonly path: string })[];
};
export type RecordedAnswer = Omit<ModelCall, "request">;

/** What the reviewers returned. */
export interface RecordedReviews {
  readonly reviews: readonly NamedReview[];
  readonly fallback: ModelFallback | null;
}

/** What was known when it was decided, and what was decided. */
export interface RecordedDecision {
  readonly found: readonly Finding[];
  readonly memory: Material["memory"];
  readonly scope: Material["scope"];
  /** In base64. */
  readonly salt: string;
  readonly decided: DecidedJson;
}

export type DecidedJson = Omit<Decided, "reviewedLines"> & { readonly reviewedLines: string };

export interface SeenCall {
  readonly call: ModelCall;
  readonly shown: Part;
}

/** What there is before anything is decided. */
export interface RunMaterial extends RecordedInput {
  readonly configuration: EffectiveConfiguration;
  /** In the order they ended. */
  readonly calls: readonly SeenCall[];
  /** Null: the review failed. */
  readonly asked: RecordedReviews | null;
}

/** Done before the transaction that stores it: a large diff takes a while. */
export async function packRun({
  files,
  brief,
  configuration,
  calls,
  asked,
}: RunMaterial): Promise<readonly TaskRecord[]> {
  const input: RecordedInput & { readonly format: number } = { format, files, brief };
  const records = [
    packRecord({ kind: "input", ordinal: 0 }, input),
    packRecord({ kind: "configuration", ordinal: 0 }, configuration),
    ...calls.flatMap(({ call: { request, ...answer }, shown }, ordinal) => [
      packRecord({ kind: "prompt", ordinal }, withShown(request, shown)),
      packRecord({ kind: "answer", ordinal }, answer),
    ]),
  ];
  if (asked) {
    const { reviews, fallback } = asked;
    records.push(packRecord({ kind: "review", ordinal: 0 }, { reviews, fallback } satisfies RecordedReviews));
  }
  return await Promise.all(records);
}

function withShown(request: ModelCall["request"], { files }: Part): RecordedPrompt {
  return { ...request, shown: files.map(({ file: { path }, sections }) => ({ path, sections })) };
}

/**
 * Done while the pull request is locked. With 10,000 earlier findings, all of them gone (18 MB), the compression alone
 * takes 30 to 120 ms so, and 120 to 290 ms at the usual level, for the same size.
 */
export async function packDecision(decision: RecordedDecision): Promise<TaskRecord> {
  return await packRecord({ kind: "review", ordinal: 1 }, decision, { level: 1 });
}

/** As it is recorded and compared. */
export function decidedJson({ reviewedLines, ...decided }: Decided): DecidedJson {
  return { ...decided, reviewedLines: Buffer.from(reviewedLines).toString("base64") };
}

/** Each part null where it was not recorded. */
export interface RunRecord {
  readonly input: RecordedInput | null;
  readonly configuration: EffectiveConfiguration | null;
  readonly prompts: readonly (RecordedPrompt | null)[];
  readonly answers: readonly (RecordedAnswer | null)[];
  readonly reviews: RecordedReviews | null;
  readonly decision: RecordedDecision | null;
  /** Parts that were too large to be kept, with their sizes. */
  readonly leftOut: readonly {
    readonly kind: RecordKind;
    readonly ordinal: number;
    readonly bytes: number;
  }[];
  /** False: another version of reviewd recorded it, in another shape. */
  readonly isReadable: boolean;
}

export async function unpackRun(records: readonly TaskRecord[]): Promise<RunRecord> {
  const parts = await Promise.all(
    records.map(async ({ kind, ordinal, ...record }) => ({
      kind,
      ordinal,
      unpacked: await unpackRecord({ kind, ordinal, ...record }),
    })),
  );
  const all = (kind: RecordKind): readonly unknown[] =>
    parts
      .filter((part) => part.kind === kind)
      .map(({ unpacked }) => (unpacked.kind === "kept" ? unpacked.value : null));
  const get = (kind: RecordKind, ordinal: number): unknown => {
    const unpacked = parts.find((part) => part.kind === kind && part.ordinal === ordinal)?.unpacked;
    return unpacked?.kind === "kept" ? unpacked.value : null;
  };
  const input = get("input", 0) as (RecordedInput & { readonly format: number }) | null;
  // packRun and packDecision put them there; `format` says that they are of this shape.
  return {
    input,
    configuration: get("configuration", 0) as EffectiveConfiguration | null,
    prompts: all("prompt") as RunRecord["prompts"],
    answers: all("answer") as RunRecord["answers"],
    reviews: get("review", 0) as RecordedReviews | null,
    decision: get("review", 1) as RecordedDecision | null,
    leftOut: parts.flatMap(({ kind, ordinal, unpacked }) =>
      unpacked.kind === "left_out" ? [{ kind, ordinal, bytes: unpacked.bytes }] : [],
    ),
    isReadable: input === null || input.format === format,
  };
}
