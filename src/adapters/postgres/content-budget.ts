/** The content_budgets table: what each installation wrote of late. All dispatchers share the forge's limits through it. */
import { type SQL, sql } from "drizzle-orm";
import type { Tx } from "./connect.ts";
import type { InstallationKey } from "./installations.ts";

export interface ContentLimits {
  readonly perMinute: number;
  readonly perHour: number;
}

export interface ContentRequest {
  readonly installation: InstallationKey;
  /** How many requests that create or edit something are made now. */
  readonly writes: number;
  readonly limits: ContentLimits;
  /**
   * How long after this a write may still arrive at the forge (milliseconds). What counts there is when it arrives, so
   * a write stays counted that much longer.
   */
  readonly onTheWayMs: number;
}

/**
 * Reserves room for these writes. The last lock in the lock order, held until the transaction ends.
 * @returns 0: reserved, the writes may start; else milliseconds until there is room, and nothing is reserved
 */
export async function reserveContent(tx: Tx, request: ContentRequest): Promise<number> {
  const { writes, limits } = request;
  const { forge, host, externalId } = request.installation;
  const { minute, hour } = windows(request);
  const reserved = await tx.execute(sql`
    insert into content_budgets as budget (installation_id, writes)
    select id, array_fill(reviewd_now(), array[${writes}::int]) from installations
      where forge = ${forge} and host = ${host} and external_id = ${externalId}
    on conflict (installation_id) do update set writes =
      array(select at from unnest(budget.writes) at where at > reviewd_now() - ${hour} order by at) || excluded.writes
    where (
      select count(*) filter (where at > reviewd_now() - ${minute}) + ${writes}::int <= ${limits.perMinute}::int
        and count(*) filter (where at > reviewd_now() - ${hour}) + ${writes}::int <= ${limits.perHour}::int
      from unnest(budget.writes) at)
    returning installation_id`);
  return reserved.length > 0 ? 0 : await findDelayMs(tx, request);
}

/** There is room once the write that is one too many has left each window. */
async function findDelayMs(tx: Tx, request: ContentRequest): Promise<number> {
  const { writes, limits } = request;
  const { forge, host, externalId } = request.installation;
  const { minute, hour } = windows(request);
  const [row] = await tx.execute<{ delay_ms: number | null }>(sql`
    select extract(epoch from max(case place
        when ${limits.perMinute - writes + 1}::int then at + ${minute}
        when ${limits.perHour - writes + 1}::int then at + ${hour} end) - reviewd_now())::float8 * 1000 as delay_ms
    from (
      select at, row_number() over (order by at desc) as place
      from content_budgets join installations on id = installation_id, unnest(writes) at
      where forge = ${forge} and host = ${host} and external_id = ${externalId}) counted`);
  return Math.max(1, Math.ceil(row?.delay_ms ?? 0));
}

function windows({ onTheWayMs }: ContentRequest): { readonly minute: SQL; readonly hour: SQL } {
  const longer = sql`${onTheWayMs}::float8 * interval '1 millisecond'`;
  return { minute: sql`(interval '1 minute' + ${longer})`, hour: sql`(interval '1 hour' + ${longer})` };
}
