/** Pull requests to queue tasks for. */
import type { SeededPullRequest } from "../../test/support/seed.ts";
import { maxRunning } from "./backlog.ts";
import { withClient } from "./postgres-server.ts";

/** Fills an empty, migrated database: so many owners with one repository and so many pull requests each. */
export async function seedPullRequests(
  url: string,
  { owners, each }: { readonly owners: number; readonly each: number },
): Promise<readonly SeededPullRequest[]> {
  return await withClient(url, async (sql) => {
    await sql`
      insert into owners (id, forge, host, external_id, login, kind, max_running)
      select uuidv7(), 'github', 'bench', n, 'owner-' || n, 'organization', ${maxRunning}
      from generate_series(1, ${owners}::integer) n`;
    await sql`
      insert into repositories (id, owner_id, forge, host, external_id, full_name, private)
      select uuidv7(), id, forge, host, external_id, login || '/repository', true from owners`;
    await sql`
      insert into pull_requests (id, repository_id, number, state, title, head_sha, base_ref, base_sha, forge_updated_at)
      select uuidv7(), id, number, 'open', 'Add cart', 'head', 'main', 'base', reviewd_now()
      from generate_series(1, ${each}::integer) number, repositories`;
    await sql.unsafe("vacuum (analyze)");
    return await sql<SeededPullRequest[]>`
      select owner_id as "ownerId", repository_id as "repositoryId", pull_requests.id as "pullRequestId"
      from pull_requests join repositories on repositories.id = repository_id order by pull_requests.id`;
  });
}
