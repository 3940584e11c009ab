/** A replay for programs. Fields are only ever added; a change of one that exists raises `version`. */
import packageJson from "../../../package.json" with { type: "json" };
import type { Replay } from "../../domain/replay/replay-task.ts";
import { printableJson } from "../../printable-json.ts";

const version = 1;

export function formatJson({ task, record, outcome }: Replay): string {
  const { input, configuration, prompts, answers, reviews, leftOut } = record;
  return printableJson({
    version,
    reviewd: packageJson.version,
    task: {
      id: task.id,
      repository: task.repository.fullName,
      pullRequest: task.pullRequest.number,
      headSha: task.headSha,
      status: task.status,
      reason: task.reason,
    },
    outcome,
    configuration,
    calls: answers.map((answer, at) => ({ prompt: prompts[at] ?? null, answer })),
    reviews,
    input,
    leftOut,
  });
}
