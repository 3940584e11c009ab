/** Runs `reviewd doctor --json` as a process. Whatever it says, a secret it was given fails the test. */
import type { Result } from "../../../src/roles/doctor/check.ts";
import { runReviewd } from "../../support/run-reviewd.ts";

type Checks = Readonly<Record<string, Omit<Result, "check">>>;

export interface DoctorRun {
  readonly exitCode: number;
  readonly healthy: boolean;
  /** Results by the name of the check. */
  readonly checks: Checks;
}

export async function runDoctor(env: Readonly<Record<string, string>>): Promise<DoctorRun> {
  const { exitCode, stdout, stderr } = await runReviewd(["doctor", "--json"], { env });
  if (stderr !== "") throw new Error(stderr);
  for (const secret of secretsOf(env)) {
    if (stdout.includes(secret)) throw new Error(`a secret was printed: ${stdout}`);
  }
  const { healthy, checks } = JSON.parse(stdout) as { healthy: boolean; checks: Result[] };
  return { exitCode, healthy, checks: Object.fromEntries(checks.map(({ check, ...rest }) => [check, rest])) };
}

function secretsOf(env: Readonly<Record<string, string>>): readonly string[] {
  const urls = [env.DATABASE_URL, env.LISTEN_DATABASE_URL].map((url) => /:([^:@/]+)@/.exec(url ?? "")?.[1]);
  const keys = [env.GITHUB_WEBHOOK_SECRETS, env.MARKER_KEYS].flatMap((text) => text?.split(",") ?? []);
  const pem = env.GITHUB_APP_PRIVATE_KEY?.split("\n").slice(1, 3) ?? [];
  const models = Object.keys(env).flatMap((name) => (name.endsWith("API_KEY") ? [env[name]] : []));
  return [...urls, ...keys, ...pem, ...models]
    .filter((text) => text !== undefined)
    .filter(({ length }) => length > 3);
}
