/** What is to be proposed for suppression, by what people made of it and what was proposed and decided before. Pure. */
import type { SubjectVotes } from "../../adapters/postgres/subject-votes.ts";
import type { StandingSuppression, Subject } from "../../adapters/postgres/suppressions.ts";
import { isSafetyRule } from "../../adapters/reviewer/rules/safety-rules.ts";
import { measurePrecision } from "./precision.ts";

/** Fewer votes, weighed, say nothing. */
const leastVotes = 8;
/** One angry person, or two, are not the team. */
const leastPeople = 3;
/** What one repository alone dislikes is its own matter. */
const leastRepositories = 2;
/** It is disliked by more than half, as surely as the interval says. */
const mostPrecision = 0.5;

export interface Proposals {
  readonly propose: readonly SubjectVotes[];
  readonly refresh: readonly { readonly id: string; readonly votes: SubjectVotes }[];
  /** Ids of proposals that have nothing to rest on any more. */
  readonly expire: readonly string[];
}

/** @param standing what is proposed or in force, and what was refused and is not to be proposed again yet */
export function decideProposals(
  counted: readonly SubjectVotes[],
  standing: readonly StandingSuppression[],
): Proposals {
  const stands = new Map(standing.map((one) => [keyOf(one), one]));
  const low = counted.filter(isLow);
  const ofOwners = low.filter(
    ({ repositoryId, repositories }) => repositoryId === null && repositories >= leastRepositories,
  );
  const covering = new Set([
    ...standing.filter(({ state }) => state === "approved").map(keyOf),
    ...ofOwners.filter((one) => stands.get(keyOf(one))?.state !== "refused").map(keyOf),
  ]);
  const ofRepositories = low.filter(
    (one) => one.repositoryId !== null && !covering.has(keyOf({ ...one, repositoryId: null })),
  );
  const wanted = [...ofOwners, ...ofRepositories];
  const refresh = wanted.flatMap((votes) => {
    const stood = stands.get(keyOf(votes));
    return stood?.state === "proposed" ? [{ id: stood.id, votes }] : [];
  });
  const refreshed = new Set(refresh.map(({ id }) => id));
  const isOver = ({ id, state }: StandingSuppression) => state === "proposed" && !refreshed.has(id);
  return {
    propose: wanted.filter((votes) => !stands.has(keyOf(votes))),
    refresh,
    expire: standing.filter(isOver).map(({ id }) => id),
  };
}

function isLow({ kind, subject, up, down, people }: SubjectVotes): boolean {
  if (kind === "rule" && isSafetyRule(subject)) return false;
  if (up + down < leastVotes || people < leastPeople) return false;
  return measurePrecision(up, down).high < mostPrecision;
}

function keyOf({ ownerId, repositoryId, kind, subject }: Subject): string {
  return JSON.stringify([ownerId, repositoryId, kind, subject]);
}
