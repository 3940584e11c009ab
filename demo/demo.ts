/**
 * `bun run demo`: the main job, told as it happens. A pull request is opened, reviewed, liked and disliked, and pushed
 * to again. With `--model` a language model reviews, too, and answers a question. With `--once` it ends after that, with
 * the task's feedback as JSON on the last line.
 */
import type { PullRequestHandle } from "../test/fakehub/scenario/pull-request.ts";
import type { RepositoryHandle } from "../test/fakehub/scenario/repository.ts";
import { eventually } from "../test/support/eventually.ts";
import { parseDemoArguments, usage } from "./arguments.ts";
import { members } from "./forms.ts";
import { openModel, question } from "./model.ts";
import { isReviewed, isSettled, NotReviewed, type Task } from "./not-reviewed.ts";
import { base, explained, mended, opened } from "./planted.ts";
import { buildBinary, type Stage, setStage } from "./stage.ts";
import { bold, quote, step, tell } from "./tell.ts";
import { beginYourTurn } from "./your-turn.ts";

const values = parseDemoArguments(process.argv.slice(2));
if (!values) {
  console.error(`The demo does not know: ${process.argv.slice(2).join(" ")}\n\n${usage}`);
  process.exit(2);
}
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const { once, model: usesModel } = values;

const minuteMs = 60_000;
/** A real language model takes its time. */
const reviewMs = (usesModel ? 10 : 1) * minuteMs;

interface Feedback {
  readonly totals: { readonly reactions: Readonly<Record<string, number>> };
}

console.log(`${bold("reviewd demo")}
GitHub is simulated: a stand-in on this machine that speaks GitHub's API over real git repositories.
Everything else is real: Postgres, the webhooks, the processes, the HTTP calls.`);

const cleanup = new AsyncDisposableStack();
/** Nothing is undone while it is still being set up. */
let setting: Promise<unknown> = Promise.resolve();
let stopping = false;

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop());

try {
  const { taskId, feedback } = await tellStory();
  if (once) {
    await cleanup.disposeAsync();
    console.log(`\nThe whole of GET /tasks/${taskId}/feedback, as JSON:\n${JSON.stringify(feedback)}`);
  }
} catch (error) {
  // What is being stopped fails in many ways, none of which is news.
  if (!stopping) {
    console.error(error instanceof NotReviewed ? `\n${error.message}` : error);
    await cleanup.disposeAsync();
    process.exit(1);
  }
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  console.log("\nStopping.");
  await setting.catch(() => {});
  await cleanup.disposeAsync();
  process.exit(0);
}

/** Begins the next part, unless the story was broken off. */
function next(title: string): void {
  if (stopping) throw new Error("the demo was stopped");
  step(title);
}

async function tellStory(): Promise<{ readonly taskId: string; readonly feedback: Feedback }> {
  next("Starting");
  const building = buildBinary(cleanup);
  setting = building;
  tell(`built ${await building}`);
  const model = usesModel ? await openModel(cleanup) : null;
  const staging = setStage(cleanup, model?.environment ?? {});
  setting = staging;
  const stage = await staging;
  next("reviewd runs");
  tell(`Postgres on port ${stage.postgres.port}, the simulated GitHub at ${stage.hub.origin}`);
  const processes = Object.entries(stage.processes).map(([role, { pid }]) => `${role} (process ${pid})`);
  tell(`reviewd: ${processes.join(", ")}`);
  if (model) tell(`the language model is ${model.says}`);

  next("Eve opens a pull request with problems in it");
  const repository = await createShop(stage);
  const pull = await repository.openPullRequest({
    author: "eve",
    title: "Add discounts",
    branch: "discounts",
    files: opened,
  });
  tell(pull.url);
  tell(`files: ${Object.keys(opened).join(", ")}`);

  next("reviewd reviews it");
  const task = await awaitReview(stage, pull);
  tell(`task ${task.id}: ${task.status}, ${task.reason}`);
  tellReview(look(pull));

  next("Ada likes one comment, Bob dislikes another");
  const feedback = await react(stage, pull, task);

  if (model) {
    next("Eve asks about a comment");
    await askBack(stage, pull);
  }

  next("Eve pushes again, twice in a row: one file is mended, the rest is as it was");
  await pushTwice(stage, pull);
  if (model) {
    next("Why the review said what it said, made again from its record, without asking the model");
    quote(await stage.run(["replay", task.id]));
  }
  if (!once) beginYourTurn(stage, { repository, pull, taskId: task.id });
  return { taskId: task.id, feedback };
}

/** Votes of people with write access count in full, also on a public repository. */
async function createShop({ hub }: Stage): Promise<RepositoryHandle> {
  const repository = await hub.createRepository({ owner: "acme", name: "shop", files: base });
  for (const login of members) repository.setRole(login, "write");
  return repository;
}

/** Whoever asks in the thread of a comment is answered there. */
async function askBack({ hub }: Stage, pull: PullRequestHandle): Promise<void> {
  const comments = pull.inlineComments();
  const about = comments.find(({ body }) => body.includes("negative")) ?? comments[0];
  if (!about) throw new Error("the review has no comments");
  const asked = await hub.user("eve").reply(about, `/reviewd ask ${question}`);
  tell(`${asked.author} on ${about.path}:${about.line}: ${asked.body}`);
  const answered = await eventually(() => {
    const replies = pull.inlineComments().filter(({ inReplyToId }) => inReplyToId === about.id);
    const answer = replies.find(({ author }) => author !== asked.author);
    if (!answer) throw new Error("the question is not answered yet");
    return answer;
  }, reviewMs);
  tell(`${answered.author}:`);
  quote(readable(answered.body));
}

async function pushTwice(stage: Stage, pull: PullRequestHandle): Promise<void> {
  const findings = () => pull.inlineComments().filter(({ inReplyToId }) => inReplyToId === null);
  const postedBefore = findings().length;
  await pull.push({ files: mended });
  await pull.push({ files: explained });
  await awaitReview(stage, pull);
  for (const { id, status, reason } of (await getTasks(stage)).toReversed())
    tell(`task ${id}: ${status}, ${reason}`);
  tell(`${findings().length} findings on lines, ${postedBefore} before the pushes: nothing is said twice`);
  tell(`${pull.issueComments().length} summary, brought up to date in place`);
}

/** The task of the pull request's head, when it is completed. @throws NotReviewed */
async function awaitReview(stage: Stage, { headSha }: PullRequestHandle): Promise<Task> {
  let told: string | null = null;
  const task = await eventually(async () => {
    const found = (await getTasks(stage)).find((one) => one.head_sha === headSha);
    const error = found?.error ?? null;
    if (error !== null && error !== told) tell(`an attempt failed: ${error}`);
    told = error;
    if (!found || !isSettled(found)) throw new Error(`the review is ${found?.status ?? "not queued"}`);
    return found;
  }, reviewMs);
  if (!isReviewed(task)) throw new NotReviewed(task, usesModel);
  return task;
}

/** Newest first. */
async function getTasks({ url, token }: Stage): Promise<readonly Task[]> {
  return (await get<{ tasks: readonly Task[] }>(url, token, "/tasks")).tasks;
}

function tellReview({ checks, inlineComments, issueComments }: ReturnType<typeof look>): void {
  for (const { status, conclusion, title } of checks) tell(`check: ${status}, ${conclusion} (${title})`);
  for (const { path, line, body } of inlineComments) {
    tell(bold(`${path}:${line}`));
    quote(readable(body));
  }
  for (const { body } of issueComments) {
    tell(bold("summary"));
    quote(readable(body));
  }
}

function look(pull: PullRequestHandle) {
  return {
    checks: pull.checks(),
    inlineComments: pull.inlineComments(),
    issueComments: pull.issueComments(),
  };
}

/** Without the hidden markers. */
function readable(markdown: string): string {
  return markdown
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** Two people react; answers the task's feedback once the poller has read both. */
async function react({ hub, url, token }: Stage, pull: PullRequestHandle, task: Task): Promise<Feedback> {
  const [first, second] = pull.inlineComments();
  if (!first || !second) throw new Error("the review has fewer than two comments");
  await hub.user("ada").react(first, "+1");
  await hub.user("bob").react(second, "-1");
  tell(
    `👍 on ${first.path}:${first.line}, 👎 on ${second.path}:${second.line}; GitHub sends no webhook for these`,
  );
  return await eventually(async () => {
    const feedback = await get<Feedback>(url, token, `/tasks/${task.id}/feedback`);
    const { "+1": likes = 0, "-1": dislikes = 0 } = feedback.totals.reactions;
    if (likes + dislikes < 2) throw new Error("the poller has not read the reactions yet");
    tell(`GET /tasks/${task.id}/feedback: ${JSON.stringify(feedback.totals)}`);
    return feedback;
  }, minuteMs);
}

async function get<T>(url: string, token: string, path: string): Promise<T> {
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
  // The shapes are those of /openapi.json, which serve's own tests hold every answer to.
  return (await response.json()) as T;
}
