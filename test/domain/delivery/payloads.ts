/** GitHub payloads for tests, with just what is used and a little that is not. */

let lastId = 5_000_000;

export interface PullRequestPayloadOptions {
  readonly action: string;
  readonly head?: string;
  readonly before?: string;
  readonly base?: string;
  readonly formerBase?: string;
  readonly at?: string;
  readonly state?: "open" | "closed";
  readonly merged?: boolean;
  readonly draft?: boolean;
  readonly labels?: readonly string[];
  readonly label?: string;
  readonly authorType?: "User" | "Bot";
  readonly fromFork?: boolean;
  readonly senderType?: "User" | "Bot";
}

/** A repository with its owner and installation; payloads are made of it. */
export interface Place {
  readonly repositoryId: number;
  readonly ownerId: number;
  readonly installationId: number | null;
  readonly fullName: string;
  readonly login: string;
  readonly number: number;
}

export function newPlace(values: Partial<Place> = {}): Place {
  lastId += 10;
  return {
    repositoryId: lastId,
    ownerId: lastId + 1,
    installationId: lastId + 2,
    fullName: `acme-${lastId}/shop`,
    login: `acme-${lastId}`,
    number: 7,
    ...values,
  };
}

/** A commit id made from one letter. */
export function commit(letter: string): string {
  return letter.repeat(40);
}

/** A time within one minute, in whole seconds as GitHub's are. */
export function second(count: number): string {
  return `2026-03-01T10:00:${String(count).padStart(2, "0")}Z`;
}

export function repositoryPart(place: Place) {
  return {
    repository: {
      id: place.repositoryId,
      name: "shop",
      full_name: place.fullName,
      private: true,
      default_branch: "main",
      owner: { id: place.ownerId, login: place.login, type: "Organization" },
    },
    ...(place.installationId === null ? {} : { installation: { id: place.installationId, node_id: "x" } }),
  };
}

export function pullRequestPayload(place: Place, options: PullRequestPayloadOptions) {
  const { action, head = commit("a"), base = "main", at = second(0), state = "open" } = options;
  return {
    action,
    number: place.number,
    ...(options.before === undefined ? {} : { before: options.before, after: head }),
    ...(options.label === undefined ? {} : { label: { id: 1, name: options.label } }),
    ...(action === "edited"
      ? { changes: options.formerBase ? { base: { ref: { from: options.formerBase } } } : { title: {} } }
      : {}),
    pull_request: {
      number: place.number,
      title: "Add cart",
      state,
      merged: options.merged ?? false,
      draft: options.draft ?? false,
      user: { id: 99, login: "eve", type: options.authorType ?? "User" },
      labels: (options.labels ?? []).map((name) => ({ name })),
      head: { sha: head, ref: "cart", repo: { id: place.repositoryId + (options.fromFork ? 5 : 0) } },
      base: { sha: commit("b"), ref: base, repo: { id: place.repositoryId } },
      updated_at: at,
      closed_at: state === "closed" ? at : null,
    },
    ...repositoryPart(place),
    sender: { id: 99, login: "eve", type: options.senderType ?? "User" },
  };
}

export interface PushPayloadOptions {
  readonly ref?: string;
  /** Paths that each commit changed. */
  readonly changed: readonly (readonly string[])[];
  readonly created?: boolean;
  readonly deleted?: boolean;
  readonly forced?: boolean;
}

export function pushPayload(place: Place, options: PushPayloadOptions) {
  const { ref = "refs/heads/main", created = false, deleted = false, forced = false } = options;
  return {
    ...{ ref, before: commit("0"), after: commit("a"), created, deleted, forced },
    commits: options.changed.map((modified) => ({ id: commit("a"), added: [], removed: [], modified })),
    pusher: { name: "ada", email: "ada@example.com" },
    ...repositoryPart(place),
    sender: { id: 99, login: "ada", type: "User" },
  };
}

export function installationPayload(place: Place, action: string, at = second(0)) {
  return {
    action,
    installation: {
      id: place.installationId,
      account: { id: place.ownerId, login: place.login, type: "Organization" },
      permissions: { contents: "read" },
      updated_at: at,
    },
    sender: { id: 99, login: "eve", type: "User" },
  };
}
