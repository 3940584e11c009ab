/** The parts of GitHub's payloads that are used, and what they say in our words. Whatever else is in them is let be. */
import { z } from "zod";
import type { PullRequestFacts } from "../../adapters/forge/forge.ts";

/** Postgres cannot store a null character in a text. */
export const text = z.string().transform((value) => value.replaceAll("\0", ""));
export const forgeId = z.int().positive();
export const sha = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
/** Years in which text, Postgres and a Date mean the same. */
const isStorable = (at: Date) => at.getUTCFullYear() >= 1 && at.getUTCFullYear() <= 9_999;
export const time = z.iso.datetime({ offset: true }).refine((value) => isStorable(new Date(value)));

/** An enterprise has a slug instead of a login; its type says nothing then. */
export const account = z
  .object({ id: forgeId, login: text.optional(), slug: text.optional(), type: z.string().nullish() })
  .transform(
    ({ id, login, slug, type }) =>
      ({
        id,
        login: login ?? slug ?? String(id),
        isBot: type === "Bot",
        kind:
          type === "Organization" || (login === undefined && slug !== undefined) ? "organization" : "user",
      }) as const,
  );
export type PayloadAccount = z.output<typeof account>;

/** As events name the installation they belong to. */
export const installationId = z.object({ id: forgeId }).nullish();

export const repository = z
  .object({
    id: forgeId,
    full_name: text,
    private: z.boolean(),
    default_branch: text.nullish(),
    owner: account,
  })
  .transform((value) => ({
    id: value.id,
    fullName: value.full_name,
    private: value.private,
    defaultBranch: value.default_branch ?? null,
    owner: value.owner,
  }));
export type PayloadRepository = z.output<typeof repository>;

/** As installation events list repositories. */
export const listedRepository = z
  .object({ id: forgeId, full_name: text, private: z.boolean() })
  .transform((value) => ({ id: value.id, fullName: value.full_name, private: value.private }));

/** A permission and its level are words; whatever else is in there is none, and jsonb does not take all of it. */
function onlyWords(permissions: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const isWord = (value: string) => /^\w+$/.test(value);
  return Object.fromEntries(Object.entries(permissions).filter((entry) => entry.every(isWord)));
}

/** The whole installation, as its own events carry it; others only name its id. Old times are whole seconds. */
export const installation = z
  .object({
    id: forgeId,
    account: account.nullish(),
    permissions: z.record(z.string(), z.string()).transform(onlyWords),
    updated_at: z.union([
      time.transform((value) => new Date(value)),
      z
        .int()
        .transform((s) => new Date(s * 1_000))
        .refine(isStorable),
    ]),
  })
  .transform((value) => ({
    id: value.id,
    account: value.account ?? null,
    permissions: value.permissions,
    updatedAt: value.updated_at,
  }));
export type PayloadInstallation = z.output<typeof installation>;

const headRepository = z.object({ id: forgeId }).nullish();

export const pullRequest = z
  .object({
    number: z.int32().positive(),
    title: text,
    state: z.enum(["open", "closed"]),
    merged: z.boolean().nullish(),
    draft: z.boolean().nullish(),
    user: account.nullish(),
    labels: z.array(z.object({ name: text })).nullish(),
    head: z.object({ sha, repo: headRepository }),
    base: z.object({ sha, ref: text, repo: z.object({ id: forgeId }) }),
    updated_at: time,
    closed_at: time.nullish(),
  })
  .transform(
    (value): PullRequestFacts => ({
      number: value.number,
      title: value.title,
      state: value.state,
      merged: value.state === "closed" && value.merged === true,
      draft: value.draft ?? false,
      author: value.user ? { id: value.user.id, login: value.user.login, isBot: value.user.isBot } : null,
      fromFork: value.head.repo?.id !== value.base.repo.id,
      labels: (value.labels ?? []).map(({ name }) => name),
      headSha: value.head.sha,
      baseRef: value.base.ref,
      baseSha: value.base.sha,
      updatedAt: value.updated_at,
      closedAt: value.closed_at ?? null,
    }),
  );

export const anyAction = z.object({ action: text });

const subject = z.object({
  action: text.nullish().catch(null),
  repository: z.object({ full_name: text }).nullish().catch(null),
  pull_request: z.object({ number: z.int32() }).nullish().catch(null),
  issue: z
    .object({ number: z.int32(), pull_request: z.looseObject({}) })
    .nullish()
    .catch(null),
});

/** What any event is about, as far as it says so. */
export function subjectOf(payload: object) {
  const { action, repository: repo, pull_request: pull, issue } = subject.parse(payload);
  return {
    action: action ?? null,
    repository: repo?.full_name ?? null,
    pullRequestNumber: pull?.number ?? issue?.number ?? null,
  };
}
