/** Clients who ask a `serve` process about feedback over HTTP, several at once, each as soon as it was answered. */
import { connect } from "../../src/adapters/postgres/connect.ts";
import { reviewComments } from "../../src/adapters/postgres/schema.ts";
import { runReviewd, startReviewd } from "../../test/support/run-reviewd.ts";
import { interleave, type Rounds } from "./rounds.ts";

/** Milliseconds of each answer. */
export type Answers = readonly number[];

export interface Asking {
  readonly clients: number;
  readonly rounds: number;
  /** Of each question in each round. */
  readonly secs: number;
}

/** What is compared with: the same server and client, and the shortest statement. */
export const bareQuestion = "bare";
const groupings = ["repository", "repository,severity", "week,rule"];
const maxTasks = 5_000;

/** By what was asked. The owner's are those of one out of twenty. */
export async function askForFeedback(
  databaseUrl: string,
  owner: string,
  asking: Asking,
): Promise<Rounds<Answers>> {
  const tokens = {
    instance: await createToken(databaseUrl),
    owner: await createToken(databaseUrl, "--owner", owner),
  };
  const taskIds = await listTaskIds(databaseUrl);
  const env = {
    ...{ DATABASE_URL: databaseUrl, PORT: "0", METRICS_PORT: "0" },
    GITHUB_WEBHOOK_SECRETS: "a-secret-of-the-benchmark",
  };
  await using serve = startReviewd(["serve"], { env });
  const { port } = await serve.log("serve ready");
  const ask = async (path: string, token: string) => {
    const beganMs = performance.now();
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return performance.now() - beganMs;
  };
  const anyTask = () => taskIds[Math.floor(Math.random() * taskIds.length)];
  const questions: Record<string, () => Promise<number>> = {
    [bareQuestion]: () => ask("/readyz", tokens.instance),
    task: () => ask(`/tasks/${anyTask()}/feedback`, tokens.instance),
  };
  for (const grouping of groupings)
    for (const [whose, token] of Object.entries(tokens))
      questions[`summary.${grouping}.${whose}`] = () => ask(`/feedback/summary?group_by=${grouping}`, token);

  const programs = Object.entries(questions).map(
    ([name, question]) => [name, () => askAtOnce(question, asking)] as const,
  );
  const answers = await interleave(asking.rounds, Object.fromEntries(programs));
  await serve.stop();
  return answers;
}

async function askAtOnce(question: () => Promise<number>, { clients, secs }: Asking): Promise<Answers> {
  const untilMs = performance.now() + secs * 1_000;
  const each = Array.from({ length: clients }, async () => {
    const took: number[] = [];
    while (performance.now() < untilMs) took.push(await question());
    return took;
  });
  return (await Promise.all(each)).flat();
}

async function createToken(databaseUrl: string, ...bound: readonly string[]): Promise<string> {
  const args = ["token", "create", "--name", "bench", "--scopes", "review:read", ...bound];
  const { stdout, stderr } = await runReviewd(args, { env: { DATABASE_URL: databaseUrl } });
  const token = /rvd_\S+/.exec(stdout)?.[0];
  if (!token) throw new Error(`no token was printed: ${stdout}${stderr}`);
  return token;
}

async function listTaskIds(databaseUrl: string): Promise<readonly (string | null)[]> {
  const { db, close } = connect(databaseUrl, "reviewd bench", 1);
  const rows = await db.selectDistinct({ id: reviewComments.taskId }).from(reviewComments).limit(maxTasks);
  await close();
  return rows.map(({ id }) => id);
}
