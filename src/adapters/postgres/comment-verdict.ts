/**
 * What people made of a comment, as parts of statements over the review_feedback table: one vote each, weighed by what they
 * may do with the repository.
 */
import { type SQL, sql } from "drizzle-orm";

/** One row: columns of commentVerdict. */
export function verdictOn(commentId: SQL, isPrivate: SQL): SQL {
  return sql`(
    select ${commentVerdict} from (
      select ${personVerdict(isPrivate)} from review_feedback
      where comment_id = ${commentId} and removed_at is null group by ${person}
    ) given)`;
}

/** Columns of what was given to one comment, from rows of what each person gave. */
export const commentVerdict = sql`
  coalesce(sum(weight) filter (where leaning > 0), 0) as up, coalesce(sum(weight) filter (where leaning < 0), 0) as down,
  coalesce(sum(replies), 0) as replies, coalesce(bool_or(resolved), false) as resolved,
  coalesce(bool_or(dismissed), false) as dismissed`;

/** Columns of what one person gave to one comment: one vote, however many reactions it was told with. */
export function personVerdict(isPrivate: SQL): SQL {
  return sql`max(reactor_external_id) as reactor,
    sign(count(*) filter (where review_feedback.kind = 'reaction' and content in ('+1', 'heart', 'hooray', 'rocket'))
      - count(*) filter (where review_feedback.kind = 'reaction' and content in ('-1', 'confused'))) as leaning,
    max(${voteWeight(isPrivate)}) as weight,
    count(*) filter (where review_feedback.kind = 'reply') as replies,
    bool_or(review_feedback.kind = 'thread') as resolved, bool_or(review_feedback.kind = 'dismissal') as dismissed`;
}

/** What the feedback on one comment is grouped by. Each who is not known is taken for another. */
export const person = sql`coalesce(reactor_external_id::text, review_feedback.id::text)`;

/**
 * Somebody who just came by a public repository counts a quarter: anybody can. On a private one whoever reacts was let
 * in.
 */
function voteWeight(isPrivate: SQL): SQL {
  return sql`case when ${isPrivate} or reactor_permission in ('admin', 'write') then 1 else 0.25 end`;
}
