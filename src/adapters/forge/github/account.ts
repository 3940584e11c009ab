/** Accounts as GitHub's REST API shows them. */
import type { Account } from "../forge.ts";
import { toId } from "./to-id.ts";

interface RestAccount {
  readonly id: number | bigint;
  readonly login: string;
  readonly type: string;
}

/** A deleted account is null, or missing. */
export function toAccount(account: RestAccount | null | undefined): Account | null {
  return account ? { id: toId(account.id), login: account.login, isBot: account.type === "Bot" } : null;
}
