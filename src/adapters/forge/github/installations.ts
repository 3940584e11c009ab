/** Where the App is installed, on which repositories, and the account it acts as. */
import type { Endpoints } from "@octokit/types";
import { isTransient, ReviewdError } from "../../../errors.ts";
import type { Account, Forge, Installation, RepositoryFacts } from "../forge.ts";
import { toAccount } from "./account.ts";
import type { GitHubClient } from "./github-client.ts";
import { pages } from "./pages.ts";
import { appScope, installationScope } from "./scope.ts";
import { toId } from "./to-id.ts";

type RestInstallation = Endpoints["GET /app/installations"]["response"]["data"][number];

type RestRepository = Endpoints["GET /installation/repositories"]["response"]["data"]["repositories"][number];

type Installations = Pick<
  Forge,
  "ownLogin" | "ownAccount" | "listInstallations" | "listInstallationRepositories"
>;

export function createInstallations(client: GitHubClient): Installations {
  let known: Promise<Account> | null = null;

  async function* listInstallations(): AsyncGenerator<Installation> {
    for await (const page of pages(client.as(appScope), "GET /app/installations", {}))
      for (const installation of page) yield* toInstallation(installation);
  }

  async function ownLogin(): Promise<string> {
    const { data: app } = await client.as(appScope)("GET /app");
    if (!app?.slug) throw new ReviewdError("unavailable", "GitHub does not name the App");
    return `${app.slug}[bot]`;
  }

  async function findAccount(): Promise<Account> {
    const login = await ownLogin();
    const failures: ReviewdError[] = [];
    for await (const { id, suspended } of listInstallations()) {
      const account = suspended ? null : await readAccount(client, id, login);
      if (account instanceof ReviewdError) failures.push(account);
      else if (account) return account;
    }
    const [first] = failures;
    throw (
      failures.find(isTransient) ??
      first ??
      new ReviewdError("not_found", `the account ${login} is installed nowhere`)
    );
  }

  return {
    ownLogin,
    ownAccount: async () => {
      known ??= findAccount();
      try {
        return await known;
      } catch (error) {
        known = null;
        throw error;
      }
    },
    listInstallations,
    listInstallationRepositories: async function* (installationId) {
      const call = client.as(installationScope(installationId, { metadata: "read" }));
      for await (const page of pages(call, "GET /installation/repositories", {})) {
        yield* page.repositories.map(toRepository);
      }
    },
  };
}

/**
 * Accounts are not for the App to read, but for any of its installations. One that does not let it (suspended or
 * removed a moment ago, limited, closed to this machine's address) must not keep the others' reviews from posting.
 */
async function readAccount(
  client: GitHubClient,
  installationId: number,
  username: string,
): Promise<Account | ReviewdError> {
  const call = client.as(installationScope(installationId, { metadata: "read" }));
  try {
    const { data } = await call("GET /users/{username}", { username });
    return { id: toId(data.id), login: data.login, isBot: true };
  } catch (error) {
    if (!(error instanceof ReviewdError) || error.code === "unavailable") throw error;
    return error;
  }
}

function toRepository(repository: RestRepository): RepositoryFacts {
  const { id, full_name, default_branch, private: isPrivate, archived } = repository;
  return { id: toId(id), fullName: full_name, defaultBranch: default_branch, private: isPrivate, archived };
}

/** Nothing for an enterprise's installation, which has no repositories to review. */
function* toInstallation(installation: RestInstallation): Generator<Installation> {
  const { id, account, suspended_at, permissions, updated_at } = installation;
  const owner = account && "login" in account ? toAccount(account) : null;
  if (!owner || !account || !("type" in account)) return;
  const kind = account.type === "Organization" ? "organization" : "user";
  yield {
    id,
    account: { ...owner, kind },
    suspended: suspended_at !== null,
    permissions: Object.fromEntries(
      Object.entries(permissions).map(([name, level]) => [name, String(level)]),
    ),
    updatedAt: updated_at,
  };
}
