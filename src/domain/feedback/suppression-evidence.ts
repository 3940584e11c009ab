/** The votes a proposal to suppress rests on, as they are stored with it and shown. */
import { z } from "zod";
import type { SubjectVotes } from "../../adapters/postgres/subject-votes.ts";
import { measurePrecision } from "./precision.ts";

const count = z.int().min(0);
const share = z.number().min(0).max(1);

export const evidenceSchema = z.object({
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  comments: count.meta({
    description: "Inline comments that were posted from `since` on and before `until`.",
  }),
  votes: z
    .object({ up: z.number(), down: z.number() })
    .meta({ description: "Weighed as in the summary of feedback." }),
  precision: z.object({ value: share.nullable(), low: share, high: share }).meta({
    description: "The share of the votes in favour, with the interval it lies in at 95 % confidence.",
  }),
  people: count.meta({ description: "Who voted against, each once." }),
  repositories: count.meta({ description: "Repositories with votes against." }),
  urls: z.array(z.string()).meta({ description: "Comments that were disliked, the most disliked first." }),
});

export type SuppressionEvidence = z.output<typeof evidenceSchema>;

/** Of the comments posted within it. */
export interface Window {
  readonly since: Date;
  readonly until: Date;
}

export function evidenceOf(
  { comments, up, down, people, repositories, urls }: SubjectVotes,
  { since, until }: Window,
): SuppressionEvidence {
  return {
    since: since.toISOString(),
    until: until.toISOString(),
    comments,
    votes: { up, down },
    precision: measurePrecision(up, down),
    people,
    repositories,
    urls: [...urls],
  };
}
