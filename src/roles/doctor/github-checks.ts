/** What doctor asks GitHub, as the App. */

import type { Delivery, Forge, Installation } from "../../adapters/forge/forge.ts";
import {
  type AppFacts,
  type AppLogin,
  lackingEvents,
  lackingPermissions,
  readApp,
} from "../../adapters/forge/github/app.ts";
import { createGitHub } from "../../adapters/forge/github/create-github.ts";
import { ReviewdError } from "../../errors.ts";
import { createLog } from "../../log.ts";
import {
  type Check,
  failed,
  type Given,
  ok,
  type Result,
  runChecks,
  skipped,
  type Verdict,
  warning,
} from "./check.ts";
import { type DoctorEnvironment, need } from "./environment.ts";

interface Subject {
  readonly facts: () => Promise<AppFacts>;
  readonly forge: Pick<Forge, "listInstallations" | "listDeliveries">;
}

const checks: readonly Check<Subject>[] = [
  { check: "app", examine: checkApp, isNeeded: true },
  { check: "app permissions", examine: async ({ facts }) => judgePermissions(await facts()) },
  {
    check: "installations",
    examine: async ({ forge }) => judgeInstallations(await all(forge.listInstallations())),
  },
  { check: "webhook deliveries", examine: checkDeliveries },
];

const timeoutMs = 10_000;
const maxNamed = 5;
/** Deliveries that are looked at, the newest ones. */
const maxDeliveries = 20;
const settingsPage = "on the App's page at GitHub, under Permissions & events";

export async function* examineGitHub(environment: DoctorEnvironment): AsyncGenerator<Result> {
  const login = needApp(environment);
  yield* runChecks("verdict" in login ? login : { value: createSubject(login.value) }, checks);
}

function createSubject(login: AppLogin): Subject {
  // What is logged would be said twice, and on the same stream.
  const log = createLog("silent", {});
  let facts: Promise<AppFacts> | null = null;
  return {
    facts: () => {
      facts ??= readApp(login, { log, timeoutMs });
      return facts;
    },
    forge: createGitHub({ ...login, log, timeoutMs }),
  };
}

function needApp(environment: DoctorEnvironment): Given<AppLogin> {
  const [apiUrl, appId, privateKey] = [
    need(environment, "githubApiUrl"),
    need(environment, "githubAppIdIfAny"),
    need(environment, "githubAppPrivateKeyIfAny"),
  ];
  if ("value" in apiUrl && "value" in appId && "value" in privateKey) {
    return { value: { apiUrl: apiUrl.value, appId: appId.value, privateKey: privateKey.value } };
  }
  const verdicts = [apiUrl, appId, privateKey].flatMap((one) => ("verdict" in one ? [one.verdict] : []));
  const wrong = verdicts.filter(({ status }) => status === "failed");
  const says = (wrong.length > 0 ? wrong : verdicts).map((verdict) => verdict.says).join("; ");
  const isHalf = "value" in appId || "value" in privateKey;
  return { verdict: wrong.length > 0 || isHalf ? failed(says, null) : skipped(says) };
}

async function checkApp({ facts }: Subject): Promise<Verdict> {
  try {
    const { slug } = await facts();
    return ok(`GitHub knows it as ${slug}; its comments are by ${slug}[bot]`);
  } catch (error) {
    if (!(error instanceof ReviewdError)) throw error;
    return failed(error.message, appTodos[error.code] ?? null);
  }
}

const appTodos: Partial<Record<ReviewdError["code"], string>> = {
  invalid_input: "let GITHUB_APP_PRIVATE_KEY be the whole PEM file that GitHub gave",
  forbidden:
    "let GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY be of one App, and of the GitHub at GITHUB_API_URL",
  not_found: "let GITHUB_API_URL be https://api.github.com, or https://HOST/api/v3 of an Enterprise Server",
  unavailable: "look whether GITHUB_API_URL is right and can be reached from here",
};

export function judgePermissions({ permissions, events }: AppFacts): Verdict {
  const lacking = lackingPermissions(permissions);
  if (lacking.length > 0) {
    const todo = `grant them ${settingsPage}; the owner of each installation then has to accept`;
    return failed(`the App lacks ${lacking.join(", ")}`, todo);
  }
  const unheard = lackingEvents(events);
  if (unheard.length > 0) {
    return warning(`the App is not told of ${unheard.join(", ")}`, `subscribe to them ${settingsPage}`);
  }
  return ok("the App has what reviewd needs");
}

export function judgeInstallations(installations: readonly Installation[]): Verdict {
  if (installations.length === 0) {
    return warning(
      "the App is installed nowhere",
      "install it on the account whose repositories are to be reviewed",
    );
  }
  const suspended = installations.filter((one) => one.suspended).map(({ account }) => account.login);
  const lacking = installations
    .filter((one) => !one.suspended)
    .map(({ account, permissions }) => ({
      login: account.login,
      permissions: lackingPermissions(permissions),
    }))
    .filter(({ permissions }) => permissions.length > 0)
    .map(({ login, permissions }) => `${login} (${permissions.join(", ")})`);
  const says = [`installed ${installations.length} times`];
  if (suspended.length > 0) says.push(`suspended: ${some(suspended)}`);
  if (lacking.length > 0) says.push(`not granted by: ${some(lacking)}`);
  if (says.length === 1) return ok(`installed on ${some(installations.map(({ account }) => account.login))}`);
  return warning(
    says.join("; "),
    "these accounts' owners accept the App's permissions, or lift the suspension",
  );
}

async function checkDeliveries({ forge }: Subject): Promise<Verdict> {
  const newest: Delivery[] = [];
  for await (const delivery of forge.listDeliveries()) {
    newest.push(delivery);
    if (newest.length === maxDeliveries) break;
  }
  return judgeDeliveries(newest);
}

/** @param newest the newest first */
export function judgeDeliveries(newest: readonly Delivery[]): Verdict {
  const [last] = newest;
  if (!last) return skipped("GitHub has sent no webhook lately", "open a pull request, then look again");
  const failures = newest.filter(({ succeeded }) => !succeeded).length;
  const counted = `${failures} of the last ${newest.length} failed`;
  if (last.succeeded) {
    return ok(`the last one arrived at ${last.deliveredAt}${failures === 0 ? "" : `; ${counted}`}`);
  }
  return failed(
    `the last one (${last.event}, ${last.deliveredAt}) did not arrive; ${counted}`,
    "the App's webhook URL must lead to serve's /webhooks/github, and its secret be one of GITHUB_WEBHOOK_SECRETS; " +
      "GitHub shows each answer on the App's page, under Advanced",
  );
}

async function all<One>(list: AsyncIterable<One>): Promise<readonly One[]> {
  const found: One[] = [];
  for await (const one of list) found.push(one);
  return found;
}

function some(names: readonly string[]): string {
  const more = names.length > maxNamed ? ` and ${names.length - maxNamed} more` : "";
  return `${names.slice(0, maxNamed).join(", ")}${more}`;
}
