/** Notes what a comment asks of us, in the transaction of its delivery. Whether its author may is asked later. */
import { insertCommand } from "../../adapters/postgres/commands.ts";
import type { Tx } from "../../adapters/postgres/connect.ts";
import { findForgeAccount } from "../../adapters/postgres/forge-accounts.ts";
import type { PullRequest } from "../../adapters/postgres/pull-requests.ts";
import { findComment } from "../../adapters/postgres/review-comments.ts";
import type { SaidComment } from "../delivery/delivery-event.ts";
import { parseCommand } from "./parse-command.ts";

export interface Said {
  readonly forge: "github";
  readonly host: string;
  readonly pullRequest: Pick<PullRequest, "id" | "headSha">;
  readonly said: SaidComment;
}

/** Null: the comment asks nothing of us. */
export async function receiveCommand(
  tx: Tx,
  { forge, host, pullRequest, said }: Said,
): Promise<"command_received" | "command_known" | null> {
  const { commentKind, commentId, threadId, author, body } = said;
  const own = body.includes("@") ? await findForgeAccount(tx, { forge, host }) : null;
  const parsed = parseCommand(body, own ? own.login.replace(/\[bot\]$/, "") : null);
  if (!parsed) return null;
  // In a thread of ours, words for us are a question; anywhere else people may talk about us.
  if (parsed.kind === "mention" && !(await isThreadOfOurs(tx, { forge, host, threadId }))) return null;
  const id = await insertCommand(tx, {
    ...{ pullRequestId: pullRequest.id, headSha: pullRequest.headSha, forge, host },
    ...{ commentKind, commentId, threadId, authorExternalId: author.id, authorLogin: author.login },
    name: parsed.kind === "mention" ? "ask" : parsed.name,
    text: parsed.text,
  });
  return id === null ? "command_known" : "command_received";
}

async function isThreadOfOurs(
  tx: Tx,
  { threadId, ...place }: Pick<Said, "forge" | "host"> & Pick<SaidComment, "threadId">,
): Promise<boolean> {
  if (threadId === null) return false;
  return (await findComment(tx, { ...place, kind: "inline", externalId: threadId })) !== null;
}
