/** The review_feedback table as to what people may do with a public repository, which is what their votes weigh by. */
import { type SQL, sql } from "drizzle-orm";
import type { Permission } from "../forge/forge.ts";
import type { Db } from "./connect.ts";
import { uuidArray } from "./seats.ts";

/** Somebody who reacted on a public repository and of whom nothing is known yet. */
export interface UnknownReactor {
  readonly repositoryId: number;
  readonly fullName: string;
  readonly reactorId: number;
  readonly login: string;
}

/**
 * Those who gave feedback on these comments. In an order that varies, so that some who cannot be asked for do not keep
 * others from being asked for.
 */
export async function findUnknownReactors(
  db: Db,
  commentIds: readonly string[],
  limit: number,
): Promise<readonly UnknownReactor[]> {
  const rows = await db.execute<
    Record<string, unknown> & { repository: string; reactor: string } & Named
  >(sql`
    select r.external_id as repository, r.full_name as "fullName", f.reactor_external_id as reactor,
      max(f.reactor_login) as login
    from ${unknownFeedback(commentIds)} and f.reactor_external_id is not null and f.reactor_login is not null
    group by r.external_id, r.full_name, f.reactor_external_id
    order by random() limit ${limit}`);
  return rows.map(({ repository, fullName, reactor, login }) => ({
    ...{ repositoryId: Number(repository), fullName, reactorId: Number(reactor), login },
  }));
}

type Named = Pick<UnknownReactor, "fullName" | "login">;

/** Takes over what was asked about the same person and repository within the last week. */
export async function recallPermissions(db: Db, commentIds: readonly string[]): Promise<void> {
  await db.execute(sql`
    with unknown as (
      select f.id, f.reactor_external_id, c.repository_id from ${unknownFeedback(commentIds)}
    )
    update review_feedback f set reactor_permission = known.reactor_permission, permission_at = known.permission_at
    from unknown cross join lateral (
      select other.reactor_permission, other.permission_at
      from review_feedback other
      join review_comments c on c.id = other.comment_id
      where other.reactor_external_id = unknown.reactor_external_id and c.repository_id = unknown.repository_id
        and other.permission_at > reviewd_now() - interval '7 days'
      order by other.permission_at desc limit 1
    ) known
    where f.id = unknown.id`);
}

/** For what this person gave on these comments. */
export async function storePermission(
  db: Db,
  commentIds: readonly string[],
  { repositoryId, reactorId }: Pick<UnknownReactor, "repositoryId" | "reactorId">,
  permission: Permission,
): Promise<void> {
  await db.execute(sql`
    update review_feedback f set reactor_permission = ${permission}, permission_at = reviewd_now()
    from review_comments c join repositories r on r.id = c.repository_id
    where c.id = f.comment_id and f.comment_id = any(${uuidArray(commentIds)}) and f.reactor_permission is null
      and f.reactor_external_id = ${reactorId} and r.external_id = ${repositoryId}`);
}

/** What was given to these comments on public repositories by whom nothing is known of. Looked up as reconcileReactions does. */
function unknownFeedback(commentIds: readonly string[]): SQL {
  return sql`review_feedback f
    join review_comments c on c.id = f.comment_id
    join repositories r on r.id = c.repository_id
    where f.comment_id = any(array(select unnest(${uuidArray(commentIds)}))) and f.removed_at is null
      and f.reactor_permission is null and not r.private`;
}
