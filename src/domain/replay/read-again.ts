/** Makes a language model's findings again from what it answered. */
import { readFindings } from "../../adapters/reviewer/model/prompt/read-findings.ts";
import { reviewAnswer } from "../../adapters/reviewer/model/prompt/review-answer.ts";
import { readAnswer } from "../../adapters/reviewer/model/read-answer.ts";
import type { Finding } from "../../adapters/reviewer/reviewer.ts";
import type { RunRecord } from "./run-record.ts";

/** Of every call that was answered, in the order the answers came. Null: what is needed was not recorded. */
export function readAgain({ input, prompts, answers }: RunRecord): readonly Finding[] | null {
  if (!input) return null;
  const fileByPath = new Map(input.files.map((file) => [file.path, file]));
  const allPaths = new Set(fileByPath.keys());
  const findings: Finding[] = [];
  for (const [at, answer] of answers.entries()) {
    const prompt = prompts[at];
    if (!answer || !prompt) return null;
    if (answer.outcome !== "answered") continue;
    const read = readAnswer(answer.response ?? "", reviewAnswer);
    const reported = "value" in read ? read.value.findings : [];
    const files = prompt.shown.flatMap(({ path, sections }) => {
      const file = fileByPath.get(path);
      return file ? [{ file, sections }] : [];
    });
    findings.push(...readFindings(reported, { files }, allPaths).findings);
  }
  return findings;
}
