/** What the client itself adds to a question: the form of the answer, and what was wrong with the last one. */
import { z } from "zod";

/** Of an answer that is sent back. */
const maxAnswerChars = 20_000;

/** Compatible servers may know no schemas, or hold a model to one without telling it: there it is said in words, too. */
export function withForm(model: string, system: string, schema: z.ZodType | null): string {
  if (schema === null || !model.startsWith("openai-compatible/")) return system;
  const form = JSON.stringify(z.toJSONSchema(schema, { io: "input" }));
  return `${system}\n\nAnswer with one JSON value and nothing else. It must fit this JSON schema:\n${form}`;
}

export function withProblems(prompt: string, answer: string, problems: string): string {
  const isCut = answer.length > maxAnswerChars;
  return `${prompt}

You were asked this before, and your answer did not have the form that was asked for. It was:
<answer>
${answer.slice(0, maxAnswerChars)}${isCut ? "\n[cut]" : ""}
</answer>
What is wrong with it:
${problems}
Answer again, in full and in the right form. Change nothing but the form.`;
}
