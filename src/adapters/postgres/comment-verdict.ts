/**
 * What people made of a comment, as parts of statements over the review_feedback table: one vote each, weighed by what they
 * may do with the repository.
 */
import { type SQL, sql } from "drizzle-orm";

/**
 * A row of comment_id and the columns of commentVerdict for each comment that was given anything. All at once: one by one
 * took the summary of 20,000 comments twice as long.
 * @param comments what has rows of comment_id and private
 * @param more columns, each begun with a comma, from what each person gave: a reactor's id and leaning
 */
export function verdictsOn(comments: SQL, more = sql``): SQL {
  return sql`
    select comment_id, ${commentVerdict}${more} from (
      select judged.comment_id, ${personVerdict(sql`judged.private`)}
      from ${comments} judged join review_feedback on review_feedback.comment_id = judged.comment_id
      where removed_at is null
      group by judged.comment_id, ${person}
    ) given group by comment_id`;
}

/** Columns of what was given to one comment, from rows of what each person gave. */
const commentVerdict = sql`
  coalesce(sum(weight) filter (where leaning > 0), 0) as up, coalesce(sum(weight) filter (where leaning < 0), 0) as down,
  coalesce(sum(replies), 0) as replies, coalesce(bool_or(resolved), false) as resolved,
  coalesce(bool_or(dismissed), false) as dismissed`;

/** Columns of what one person gave to one comment: one vote, however many reactions it was told with. */
function personVerdict(isPrivate: SQL): SQL {
  return sql`max(reactor_external_id) as reactor,
    sign(count(*) filter (where review_feedback.kind = 'reaction' and content in ('+1', 'heart', 'hooray', 'rocket'))
      - count(*) filter (where review_feedback.kind = 'reaction' and content in ('-1', 'confused'))) as leaning,
    max(${voteWeight(isPrivate)}) as weight,
    count(*) filter (where review_feedback.kind = 'reply') as replies,
    bool_or(review_feedback.kind = 'thread') as resolved, bool_or(review_feedback.kind = 'dismissal') as dismissed`;
}

/**
 * What the feedback on one comment is grouped by. Each reaction and reply of somebody not known is taken for another's.
 * A number, since text is slow to sort.
 */
const person = sql`coalesce(reactor_external_id, -review_feedback.external_id)`;

/**
 * Somebody who just came by a public repository counts a quarter: anybody can. On a private one whoever reacts was let
 * in.
 */
function voteWeight(isPrivate: SQL): SQL {
  return sql`case when ${isPrivate} or reactor_permission in ('admin', 'write') then 1 else 0.25 end`;
}
