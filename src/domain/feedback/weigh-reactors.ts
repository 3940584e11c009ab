/** Asks the forge what those may do who gave feedback on a public repository, where anybody can. */
import type { PollableInstallation } from "../../adapters/postgres/comment-polls.ts";
import {
  findUnknownReactors,
  recallPermissions,
  storePermission,
} from "../../adapters/postgres/reactor-permissions.ts";
import type { ForgeContext } from "../../context.ts";
import { isTransient, ReviewdError } from "../../errors.ts";
import type { Turn } from "./turn.ts";

/** Calls of one installation in one cycle: what is not asked now is asked when the comment is read next. */
const maxAskedPerCycle = 20;

/** What one installation may still ask in this cycle; counted down. */
export interface Asking {
  left: number;
  readonly turn: Turn;
}

export function beginAsking(turn: Turn): Asking {
  return { left: turn.spendCalls(0) ? maxAskedPerCycle : 0, turn };
}

/** Somebody who cannot be asked for stays unknown. */
export async function weighReactors(
  { db, forge, log }: ForgeContext,
  { externalId: installationId }: PollableInstallation,
  { commentIds, asking }: { readonly commentIds: readonly string[]; readonly asking: Asking },
): Promise<void> {
  if (asking.left === 0) return;
  await recallPermissions(db, commentIds);
  for (const reactor of await findUnknownReactors(db, commentIds, asking.left)) {
    if (asking.left === 0 || asking.turn.isOver()) return;
    asking.left = asking.turn.spendCalls(1) ? asking.left - 1 : 0;
    const { repositoryId, fullName, reactorId, login } = reactor;
    try {
      const repository = { installationId, repositoryId, fullName };
      const permission = await forge.getPermission(repository, { id: reactorId, login });
      await storePermission(db, commentIds, reactor, permission);
    } catch (error) {
      if (!(error instanceof ReviewdError)) throw error;
      log.info({ err: error, repositoryId, login }, "not known what somebody who reacted may do");
      if (isTransient(error)) asking.left = 0;
    }
  }
}
