/** How fast clients that wait for their commits put tasks into a queue. */
import { makeWorkerUtils } from "graphile-worker";
import { connect } from "../../src/adapters/postgres/connect.ts";
import { insertTask } from "../../src/adapters/postgres/tasks.ts";
import { createTestDatabase } from "../../test/support/database.ts";
import { newTask } from "../../test/support/seed.ts";
import { graphileLogger, graphileTask, migrateGraphile } from "./graphile.ts";
import { type BenchServer, withClient } from "./postgres-server.ts";
import { seedPullRequests } from "./pull-requests.ts";

interface Enqueue {
  /** Of each client, which has a connection of its own. */
  readonly clients: number;
  readonly tasks: number;
}

const owners = 1_000;
/** Of the tasks: queued before the clock is started. */
const warmUpShare = 0.1;

/** Tasks per second, through the call that the webhook makes. Half of them are ready at once, the others wait. */
export async function measureReviewdEnqueue(
  server: BenchServer,
  { clients, tasks }: Enqueue,
): Promise<number> {
  const database = await createTestDatabase({ serverUrl: server.url });
  const pullRequests = await seedPullRequests(database.url, { owners, each: Math.ceil(tasks / owners) });
  await server.checkpoint();
  const { db, close } = connect(database.url, "reviewd bench", clients);
  const rate = await measure({ clients, tasks }, async (at) => {
    const pullRequest = pullRequests[at];
    if (pullRequest) await insertTask(db, newTask(pullRequest, { trigger: "webhook" }));
  });
  await close();
  await verify(database.url, "select from tasks", tasks);
  await database.close();
  return rate;
}

export async function measureGraphileEnqueue(
  server: BenchServer,
  { clients, tasks }: Enqueue,
): Promise<number> {
  const database = await createTestDatabase({ serverUrl: server.url, migrated: false });
  await migrateGraphile(database.url);
  await server.checkpoint();
  const utils = await makeWorkerUtils({
    connectionString: database.url,
    maxPoolSize: clients,
    logger: graphileLogger,
  });
  const rate = await measure({ clients, tasks }, async () => void (await utils.addJob(graphileTask, {})));
  await utils.release();
  await verify(database.url, "select from graphile_worker._private_jobs", tasks);
  await database.close();
  return rate;
}

async function measure({ clients, tasks }: Enqueue, enqueue: (at: number) => Promise<void>): Promise<number> {
  const warmUp = Math.floor(tasks * warmUpShare);
  let next = 0;
  const client = async (until: number) => {
    while (next < until) await enqueue(next++);
  };
  const all = (until: number) => Promise.all(Array.from({ length: clients }, () => client(until)));
  await all(warmUp);
  const begin = performance.now();
  await all(tasks);
  return ((tasks - warmUp) * 1_000) / (performance.now() - begin);
}

async function verify(url: string, select: string, tasks: number): Promise<void> {
  const { count } = await withClient(url, (sql) => sql.unsafe(select));
  if (count !== tasks) throw new Error(`${count} of ${tasks} tasks were queued`);
}
