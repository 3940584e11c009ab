/** Whether a command is done at all and now, given those before it: one pure decision. */
import type { CommandName, EarlierCommand } from "../../adapters/postgres/commands.ts";

export type Refusal =
  /** The same was asked a moment ago. */
  | { readonly kind: "cooldown" }
  /** This head was reviewed on such a command already. */
  | { readonly kind: "already_done" }
  /** The thread has had as many answers today as it gets. */
  | { readonly kind: "question_limit"; readonly isTold: boolean }
  /** It is done, after this time. */
  | { readonly kind: "later"; readonly delayMs: number };

const cooldownMs = 30_000;
/** People read the answer before they ask on. */
const questionCooldownMs = 10_000;
/** How soon it is looked again whether an answer that is being given is there. */
const runningDelayMs = 5_000;
const dayMs = 86_400_000;
const maxQuestionsPerDay = 20;

export interface RefusalFacts {
  readonly name: CommandName;
  /** Of the pull request as it is now. */
  readonly headSha: string;
  readonly baseRef: string;
  /** Of the same name on the pull request, or in a question's thread. */
  readonly earlier: readonly EarlierCommand[];
}

export function decideRefusal({ name, headSha, baseRef, earlier }: RefusalFacts): Refusal | null {
  switch (name) {
    case "pause":
    case "resume":
    case "resolve":
      // The last one said is what people want, however soon; saying it twice changes nothing and costs little.
      return null;
    case "ask":
      return refuseQuestion(earlier);
    case "help":
    case "config":
      return isTooSoon(earlier) ? { kind: "cooldown" } : null;
    case "review":
    case "review_full": {
      if (isTooSoon(earlier)) return { kind: "cooldown" };
      const isDone = earlier.some(
        ({ task }) => task?.headSha === headSha && task.baseRef === baseRef && stands(task),
      );
      return isDone ? { kind: "already_done" } : null;
    }
  }
}

/** A question is put off rather than refused: what it asks is not said by the answer before it. */
function refuseQuestion(earlier: readonly EarlierCommand[]): Refusal | null {
  if (earlier.some(({ status }) => status === "running")) return { kind: "later", delayMs: runningDelayMs };
  const answered = earlier.filter(({ status }) => status === "done");
  const delayMs = questionCooldownMs - Math.min(...answered.map(({ ageMs }) => ageMs));
  if (delayMs > 0) return { kind: "later", delayMs };
  const today = earlier.filter(({ agoMs }) => agoMs < dayMs);
  if (today.filter(({ status }) => status === "done").length < maxQuestionsPerDay) return null;
  return { kind: "question_limit", isTold: today.some(({ reason }) => reason === "question_limit") };
}

/** What was refused without a word does not keep the next one waiting, else somebody could silence others. */
function isTooSoon(earlier: readonly EarlierCommand[]): boolean {
  return earlier.some(
    ({ status, reason, agoMs }) =>
      (status === "done" || status === "running" || reason === "already_done") && agoMs < cooldownMs,
  );
}

/** What failed, was called off, or was done by rules alone for want of the model, may be asked for again. */
function stands({ status, reason }: NonNullable<EarlierCommand["task"]>): boolean {
  return standing.has(status) && reason !== "model_fallback";
}

const standing: ReadonlySet<string> = new Set(["pending", "running", "completed"]);
