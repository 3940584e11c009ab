/** What doctor finds out without asking anybody: keys, and the programs that must be there. */
import { gitOutput } from "../../adapters/git/run-git.ts";
import { type Check, failed, type Given, ok, type Result, runChecks, type Verdict } from "./check.ts";
import { type DoctorEnvironment, need } from "./environment.ts";

const gitDeadlineMs = 10_000;
/** [major, minor] */
const oldestGit = [2, 39] as const;

export async function* examineLocally(
  environment: DoctorEnvironment,
  signal: AbortSignal,
): AsyncGenerator<Result> {
  yield* runChecks(need(environment, "githubWebhookSecretsIfAny"), [countKeys("webhook secrets")]);
  yield* runChecks(need(environment, "markerKeysIfAny"), [countKeys("marker keys")]);
  const given: Given<null> = { value: null };
  yield* runChecks(given, [{ check: "git", examine: () => checkGit(signal) }]);
}

function countKeys(check: string): Check<readonly string[]> {
  const used = check === "webhook secrets" ? "any of them may sign" : "the first signs, all verify";
  return {
    check,
    examine: async (keys) => ok(keys.length === 1 ? "one is set" : `${keys.length} are set; ${used}`),
  };
}

async function checkGit(signal: AbortSignal): Promise<Verdict> {
  const output = await gitOutput({ args: ["--version"], signal, deadlineMs: gitDeadlineMs });
  const text = new TextDecoder().decode(output).trim();
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(text) ?? [];
  const [wantedMajor, wantedMinor] = oldestGit;
  const isNew =
    Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor);
  return isNew ? ok(text) : failed(`${text} is too old`, `install git ${oldestGit.join(".")} or newer`);
}
