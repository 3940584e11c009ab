/** The command `ask`: a question in the thread of a finding, answered by the model from the thread and the code. */
import type { FileDiff } from "../../adapters/git/diff.ts";
import { insertModelCall } from "../../adapters/postgres/model-calls.ts";
import { findComment, type ReviewComment } from "../../adapters/postgres/review-comments.ts";
import { maskSecrets } from "../../adapters/reviewer/mask-secrets.ts";
import { cutSections } from "../../adapters/reviewer/model/budget/cut-sections.ts";
import type { PartFile } from "../../adapters/reviewer/model/budget/part.ts";
import type { ModelClient } from "../../adapters/reviewer/model/model-client.ts";
import {
  type AskedInThread,
  answerPrompt,
  answerPromptHash,
} from "../../adapters/reviewer/model/prompt/answer-prompt.ts";
import type { ReviewContext } from "../../context.ts";
import { isTransient, ReviewdError } from "../../errors.ts";
import type { PullRequestContent } from "../review/read-pull-request.ts";
import { safeMarkdown } from "../review/safe-markdown.ts";
import type { Act } from "./act.ts";
import { maxCommandAttempts } from "./command-attempts.ts";
import { noAnswerText, noModelText, notInThreadText, planBlockedText } from "./reply-texts.ts";
import { type Asked, withHead } from "./with-head.ts";

const maxOutputTokens = 1_500;
const maxLength = 6_000;
/** Of the code around the finding (tokens). */
const codeTokens = 6_000;

export async function answerQuestion(ctx: ReviewContext, asked: Asked): Promise<Act> {
  const about = await findAbout(ctx, asked);
  if (!about) return { status: "done", reason: "not_in_thread", reply: notInThreadText };
  if (asked.owner.plan === "blocked")
    return { status: "refused", reason: "plan_blocked", reply: planBlockedText };
  const { model, log } = ctx;
  if (!model) return { status: "done", reason: "no_model", reply: noModelText };
  try {
    const answer = await ask(ctx, model, asked, about);
    return { status: "done", reason: "answered", reply: safeMarkdown(answer, maxLength) };
  } catch (error) {
    asked.signal.throwIfAborted();
    if (!(error instanceof ReviewdError)) throw error;
    if (isTransient(error) && asked.command.attemptCount < maxCommandAttempts) throw error;
    log.warn({ err: error }, "a question could not be answered");
    return { status: "failed", reason: "model_failed", reply: noAnswerText };
  }
}

/** The comment of ours that the thread begins with; null: it is no such thread. */
async function findAbout({ db }: ReviewContext, { command }: Asked): Promise<ReviewComment | null> {
  const { forge, host, threadId } = command;
  return threadId === null
    ? null
    : await findComment(db, { forge, host, kind: "inline", externalId: threadId });
}

async function ask(
  ctx: ReviewContext,
  model: ModelClient,
  asked: Asked,
  about: ReviewComment,
): Promise<string> {
  const { command, owner, signal } = asked;
  const thread = await readThread(ctx, asked);
  return await withHead(ctx, asked, async (content, { values, guidance }) => {
    const code = await readCode(content, about);
    const question = maskSecrets(command.text ?? "");
    return await model.write({
      ...answerPrompt({ question, thread, code, guidance }),
      model: values.model,
      effort: values.effort,
      purpose: "answer",
      promptHash: answerPromptHash,
      maxOutputTokens,
      signal,
      onCall: (call) =>
        insertModelCall(ctx.db, { ownerId: owner.id, taskId: null, commandId: command.id, call }),
    });
  });
}

/** What was said before the question. */
async function readThread(
  { forge }: ReviewContext,
  { command, repositoryRef, pullRequest }: Asked,
): Promise<AskedInThread["thread"]> {
  const own = await forge.ownAccount();
  const comments = await forge.listInlineComments(repositoryRef, pullRequest.number);
  return comments
    .filter(({ id, inReplyToId }) => id === command.threadId || inReplyToId === command.threadId)
    .filter(({ id }) => id < command.commentId)
    .toSorted((a, b) => a.id - b.id)
    .map(({ author, body }) => ({
      author: author?.id === own.id ? "reviewd" : { login: author?.login ?? "ghost" },
      text: author?.id === own.id ? body.replace(/<!--.*?-->/gs, "").trim() : maskSecrets(body),
    }));
}

/** The change nearest to what the thread is about; null: the file is no part of the pull request any more. */
async function readCode(
  { readDiff, readFile }: PullRequestContent,
  { path, line }: ReviewComment,
): Promise<PartFile | null> {
  const file = (await readDiff()).find((one) => one.path === path);
  if (!file) return null;
  const bytes = await readFile(file.path);
  const lines = bytes && new TextDecoder().decode(bytes).split(/\r?\n/);
  return { file, sections: nearestSection(file, lines, line ?? 1) };
}

function nearestSection(file: FileDiff, lines: readonly string[] | null, line: number): PartFile["sections"] {
  const sections = cutSections(file, { lines, room: codeTokens });
  const distanceOf = ({ rows }: PartFile["sections"][number]) =>
    Math.min(
      ...rows.map(({ newLine }) => (newLine === null ? Number.POSITIVE_INFINITY : Math.abs(newLine - line))),
    );
  return sections.toSorted((a, b) => distanceOf(a) - distanceOf(b)).slice(0, 1);
}
