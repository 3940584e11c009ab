/** The GitHub App that is simulated: who it is, how it signs, which events it gets. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { Account, Permissions } from "./state.ts";

export interface App {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  /** PEM, PKCS#8. */
  readonly privateKey: string;
  readonly publicKey: KeyObject;
  readonly webhookSecret: string;
  /** The account its writes show up under, `slug[bot]`. */
  readonly bot: Account;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  readonly createdAt: string;
}

/** What the README tells people to grant. */
const defaultPermissions: Permissions = {
  metadata: "read",
  contents: "read",
  pull_requests: "write",
  issues: "read",
  checks: "write",
};

const subscribedEvents: readonly string[] = [
  "check_run",
  "issue_comment",
  "pull_request",
  "pull_request_review",
  "pull_request_review_comment",
  "pull_request_review_thread",
  "repository",
  "push",
];

const pems = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** One key pair for the process: making one takes longer than most tests. */
const appKeys = {
  privateKey: pems.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  publicKey: pems.publicKey,
};

export interface AppOptions {
  readonly appId?: number;
  readonly slug?: string;
  readonly webhookSecret?: string;
  readonly permissions?: Permissions;
}

export function makeApp({ appId, slug = "reviewd", webhookSecret, permissions }: AppOptions): App {
  const createdAt = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  return {
    id: appId ?? 1234,
    slug,
    name: slug,
    ...appKeys,
    webhookSecret: webhookSecret ?? "fakehub-webhook-secret",
    bot: { id: 9000, nodeId: "BOT_kgDOACMo", login: `${slug}[bot]`, kind: "Bot", createdAt, deleted: false },
    permissions: permissions ?? defaultPermissions,
    events: subscribedEvents,
    createdAt,
  };
}
