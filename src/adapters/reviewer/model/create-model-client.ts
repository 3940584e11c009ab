/** The client by which models are asked, with every call accounted for. Loads the AI SDK: only where it is needed. */
import pLimit from "p-limit";
import type { z } from "zod";
import { ReviewdError } from "../../../errors.ts";
import { type Caller, callModel, type Said } from "./call-model.ts";
import type { CallPurpose } from "./model-call.ts";
import type { ModelClient, Question } from "./model-client.ts";
import { ModelError } from "./model-client.ts";
import { failure } from "./model-failure.ts";
import { limitsOf } from "./model-limits.ts";
import type { ModelSettings } from "./model-settings.ts";
import { costOf } from "./prices.ts";
import { createProviderModels } from "./provider-models.ts";
import { type Reading, readAnswer } from "./read-answer.ts";
import { withForm, withProblems } from "./repair-prompt.ts";

interface Client extends Caller {
  readonly settings: ModelSettings;
  /** Models whose server knows no schemas: they are told of it in words alone. */
  readonly wordsOnly: Set<string>;
}

export function createModelClient(settings: ModelSettings): ModelClient {
  const keys = Object.values(settings.providers).map(({ apiKey }) => apiKey);
  const client: Client = {
    settings,
    models: createProviderModels(settings),
    limit: pLimit(settings.concurrency),
    timeoutMs: settings.timeoutMs,
    secrets: keys.filter((key) => key !== null),
    wordsOnly: new Set(),
  };
  return {
    ask: (question) => ask(client, question),
    write: (question) => write(client, question),
    limits: (model) => limitsOf(getOffered(client, model), settings.contextTokens),
  };
}

function getOffered({ settings: { models } }: Client, model: string | null): string {
  const [first = ""] = models;
  if (model === null) return first;
  if (models.includes(model)) return model;
  throw new ReviewdError(
    "invalid_input",
    `the model ${JSON.stringify(model)} is not offered here; these are: ${models.join(", ")}`,
  );
}

async function ask<Schema extends z.ZodType>(
  client: Client,
  question: Question & { readonly schema: Schema },
): Promise<z.output<Schema>> {
  const { schema, purpose, prompt } = question;
  const read = (text: string) => readAnswer(text, schema);
  const first = await exchange(client, question, { purpose, prompt, schema, read });
  if ("value" in first.reading) return first.reading.value;
  const repairing = withProblems(prompt, first.text, first.reading.problems);
  const second = await exchange(client, question, { purpose: "repair", prompt: repairing, schema, read });
  if ("value" in second.reading) return second.reading.value;
  const { message } = failure(first.model, "invalid_output");
  throw new ModelError("invalid_output", `${message}, also when asked again`);
}

async function write(client: Client, question: Question): Promise<string> {
  const { purpose, prompt } = question;
  const read = (value: string) => ({ value });
  const { reading } = await exchange(client, question, { purpose, prompt, schema: null, read });
  return reading.value;
}

interface Exchange<Read> {
  readonly purpose: CallPurpose;
  readonly prompt: string;
  readonly schema: z.ZodType | null;
  readonly read: (text: string) => Read;
}

/** A call and its row in the ledger. @throws as ModelClient says, once the row is written */
async function exchange<Read extends Reading<unknown>>(
  client: Client,
  question: Question,
  { purpose, prompt, schema, read }: Exchange<Read>,
): Promise<{ readonly model: string; readonly text: string; readonly reading: Read }> {
  const { signal, promptHash, maxOutputTokens } = question;
  const model = getOffered(client, question.model);
  const system = withForm(model, question.system, schema);
  const said = await callModel(client, {
    model,
    system,
    prompt,
    schema: client.wordsOnly.has(model) ? null : schema,
    effort: question.effort ?? client.settings.effort,
    maxOutputTokens,
    signal,
  });
  const reading = said.failure === null && said.text !== null ? read(said.text) : null;
  const outcome = said.failure?.outcome ?? (reading && "value" in reading ? "answered" : "invalid_output");
  await question.onCall({
    purpose,
    model,
    promptHash,
    outcome,
    usage: said.usage,
    cost: said.usage && costOf(model, said.usage),
    durationMs: said.durationMs,
    request: { system, prompt },
    response: said.text,
  });
  if (isSchemaRefused(client, model, { said, schema })) {
    client.wordsOnly.add(model);
    return await exchange(client, question, { purpose, prompt, schema, read });
  }
  if (said.failure) {
    signal.throwIfAborted();
    throw said.failure;
  }
  // What was told to be an answer is used, also where nobody would have waited any longer.
  if (said.text === null || reading === null) throw failure(model, "empty");
  return { model, text: said.text, reading };
}

/** Some compatible servers answer a schema with an error instead of leaving it alone. */
function isSchemaRefused(
  { wordsOnly }: Client,
  model: string,
  { said, schema }: { readonly said: Said; readonly schema: z.ZodType | null },
): boolean {
  return (
    schema !== null &&
    model.startsWith("openai-compatible/") &&
    !wordsOnly.has(model) &&
    said.failure?.outcome === "rejected" &&
    /response_format|json_schema|structured output/i.test(said.failure.message)
  );
}
