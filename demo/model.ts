/**
 * The language model of `--model`: a real one where the environment names it as reviewd's own settings do, else a server
 * on this machine that says what is written here, over real HTTP.
 */
import { modelSettings } from "../src/model-settings.ts";
import { startModelServer } from "../test/support/model-server/model-server.ts";

export interface DemoModel {
  /** What the dispatcher is given beside its own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Its name, and whether it is one. */
  readonly says: string;
}

export const question = "Why is that a problem, if only we call it?";

export async function openModel(cleanup: AsyncDisposableStack): Promise<DemoModel> {
  const { MODELS: named } = process.env;
  if (named) return { environment: givenEnvironment(), says: `${named}, as the environment names it` };
  const server = await startModelServer(({ prompt }) =>
    prompt.includes(question) ? answer : review(prompt),
  );
  cleanup.defer(() => server.close());
  return {
    environment: { ...server.environment, MODELS: "openai-compatible/scripted" },
    says: `a scripted one at ${server.url}; set MODELS and a key to have a real one asked`,
  };
}

function givenEnvironment(): Readonly<Record<string, string>> {
  const names = Object.values(modelSettings).flatMap(({ name, secret }) =>
    secret ? [name, `${name}_FILE`] : [name],
  );
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value ? [[name, value]] : [];
    }),
  );
}

/** What no rule can know. */
const findings = [
  {
    ...{ path: "src/cart.ts", start_line: 5, line: 5, severity: "high", category: "correctness" },
    quote: "export function total(lines: readonly Line[], discount: string): number {",
    title: "A discount can make the total negative",
    body: "Nothing keeps a discount from being more than the sum. Take it as a number and let the total be 0 at least.",
  },
  {
    ...{ path: "jobs/export.py", start_line: 7, line: 8, severity: "medium", category: "correctness" },
    quote: "        pass",
    title: "An export that failed looks like one that was made",
    body: "Nobody learns that there is no archive. Let the exception through, or say that the export failed.",
  },
] as const;

/** Says what it knows of the files that it is shown. */
function review(prompt: string): string {
  const seen = findings.filter(
    ({ path, quote }) => prompt.includes(`path: "${path}"`) && prompt.includes(quote),
  );
  return JSON.stringify({
    findings: seen.map((finding) => ({ ...finding, suggestion: null, confidence: "high" })),
  });
}

const answer =
  "Because the discount does not come from you: it is what a customer typed. A discount of 200 on a cart of 150 makes " +
  "a total of -50, and whoever charges that amount pays the customer.";
