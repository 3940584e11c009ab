/** What a model is asked when somebody asks a question in a thread: the thread and the code it is about, as data. */
import { cutToTokens } from "../budget/estimate-tokens.ts";
import type { PartFile } from "../budget/part.ts";
import { fence } from "./fence.ts";
import { hashPrompt } from "./prompt-hash.ts";
import { answerWords as words } from "./prompt-words.ts";
import { renderFile } from "./render-changes.ts";
import type { Prompt } from "./review-prompt.ts";
import { visibleLine, visibleText } from "./visible-text.ts";

export const answerPromptHash = hashPrompt(words, null);

export interface AskedInThread {
  readonly question: string;
  /** Oldest first, without the question. */
  readonly thread: readonly {
    readonly author: "reviewd" | { readonly login: string };
    readonly text: string;
  }[];
  /** Null: the file is not there any more. */
  readonly code: PartFile | null;
  /** REVIEW.md of the base commit. */
  readonly guidance: string | null;
}

/** Tokens, so that a question fits any window. */
const maxTokens = { question: 1_000, remark: 500, guidance: 2_000 };
/** The first, which the thread is about, and the latest. */
const maxRemarks = 12;

export function answerPrompt({ question, thread, code, guidance }: AskedInThread): Prompt {
  const wanted =
    guidance === null ? [] : [`${words.guidance}\n\n${cutToTokens(guidance, maxTokens.guidance)}`];
  const shown = code === null ? [] : [words.code, renderFile(code)];
  return {
    system: [words.role, words.safety, ...wanted, words.answer].join("\n\n"),
    prompt: [
      ...shown,
      words.thread,
      ...pickRemarks(thread).map(renderRemark),
      words.question,
      fence("question", cutToTokens(visibleText(question), maxTokens.question)),
      words.end,
    ].join("\n\n"),
  };
}

function pickRemarks(thread: AskedInThread["thread"]): AskedInThread["thread"] {
  return thread.length <= maxRemarks ? thread : [...thread.slice(0, 1), ...thread.slice(1 - maxRemarks)];
}

function renderRemark({ author, text }: AskedInThread["thread"][number]): string {
  const name = author === "reviewd" ? "said by reviewd" : "said by somebody";
  const said = cutToTokens(visibleText(text), maxTokens.remark);
  return fence(name, author === "reviewd" ? said : `${visibleLine(author.login)}:\n${said}`);
}
