/** Whether a command is done at all, given those before it: one pure decision. */
import type { CommandName, EarlierCommand } from "../../adapters/postgres/commands.ts";

export type Refusal =
  /** The same was asked a moment ago. */
  | "cooldown"
  /** This head was reviewed on such a command already. */
  | "already_done"
  /** The thread has had as many answers today as it gets. */
  | "question_limit";

const cooldownMs = 30_000;
/** People read the answer before they ask on. */
const questionCooldownMs = 10_000;
const dayMs = 86_400_000;
const maxQuestionsPerDay = 20;

export interface RefusalFacts {
  readonly name: CommandName;
  /** Of the pull request as it is now. */
  readonly headSha: string;
  /** Of the same name on the pull request, or in a question's thread. */
  readonly earlier: readonly EarlierCommand[];
}

export function decideRefusal({ name, headSha, earlier }: RefusalFacts): Refusal | null {
  // What was refused without a word does not keep the next one waiting, else somebody could silence others.
  const answered = earlier.filter(
    ({ status, reason }) => status === "done" || status === "running" || reason === "already_done",
  );
  const waitMs = name === "ask" ? questionCooldownMs : cooldownMs;
  if (answered.some(({ agoMs }) => agoMs < waitMs)) return "cooldown";
  if (name === "ask") {
    return answered.filter(({ agoMs }) => agoMs < dayMs).length >= maxQuestionsPerDay
      ? "question_limit"
      : null;
  }
  const startsReview = name === "review" || name === "review_full";
  const isDone = answered.some((one) => one.headSha === headSha && reviewsStand.has(one.taskStatus ?? ""));
  return startsReview && isDone ? "already_done" : null;
}

/** What failed or was called off may be asked for again. */
const reviewsStand: ReadonlySet<string> = new Set(["pending", "running", "completed"]);
