/** `reviewd doctor`: looks at everything reviewd needs and says what is wrong and what to do. Changes nothing. */
import type { Command } from "../../command.ts";
import { parseDoctorArguments, usage } from "./arguments.ts";
import type { Result } from "./check.ts";
import { examineDatabase } from "./database-checks.ts";
import { type DoctorEnvironment, readEnvironment } from "./environment.ts";
import { examineGitHub } from "./github-checks.ts";
import { examineLocally } from "./local-checks.ts";
import { examineModel } from "./model-check.ts";
import { countOf, formatJson, formatLine, formatSummary } from "./report.ts";

export const doctor: Command = async ({ args, env, signal }) => {
  const { help, json } = parseDoctorArguments(args);
  if (help) {
    console.log(usage);
    return 0;
  }
  const results: Result[] = [];
  const checks = examine(readEnvironment(env), signal);
  const stopped = new Promise<null>((resolve) =>
    signal.addEventListener("abort", () => resolve(null), { once: true }),
  );
  for (;;) {
    const step = await Promise.race([checks.next(), stopped]);
    // Whoever is being asked is not waited for: the process ends.
    if (step === null) return 1;
    if (step.done) break;
    results.push(step.value);
    if (!json) console.log(formatLine(step.value));
  }
  console.log(json ? formatJson(results) : formatSummary(results));
  return countOf(results, "failed") === 0 ? 0 : 1;
};

async function* examine(environment: DoctorEnvironment, signal: AbortSignal): AsyncGenerator<Result> {
  yield* examineDatabase(environment);
  yield* examineGitHub(environment);
  yield* examineModel(environment, signal);
  yield* examineLocally(environment, signal);
}
