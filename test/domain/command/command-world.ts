/** Commands as a dispatcher finds them: noted, claimed and settled, against fakehub. */
import { and, eq } from "drizzle-orm";
import {
  type ClaimedCommand,
  claimCommands,
  insertCommand,
  type NewCommand,
} from "../../../src/adapters/postgres/commands.ts";
import { commands, publications } from "../../../src/adapters/postgres/schema.ts";
import { insertWorker } from "../../../src/adapters/postgres/workers.ts";
import type { ModelClient } from "../../../src/adapters/reviewer/model/model-client.ts";
import { type CommandOutcome, settleCommand } from "../../../src/domain/command/settle-command.ts";
import { type Opened, type ReviewWorld, startReviewWorld } from "../review/review-world.ts";

export interface CommandWorld extends ReviewWorld {
  /** A pull request with one problem, and alice, who may write to its repository. */
  readonly open: () => Promise<Opened>;
  /** Noted and claimed by a worker of its own. Help of alice, unless the values say otherwise. */
  readonly claimed: (opened: Opened, values?: Partial<NewCommand>) => Promise<ClaimedCommand>;
  /** The command that is due next. */
  readonly claimNext: () => Promise<ClaimedCommand>;
  readonly settleIt: (
    command: ClaimedCommand,
    model?: ModelClient | null,
    signal?: AbortSignal,
  ) => Promise<CommandOutcome>;
  readonly rowOf: (command: ClaimedCommand) => Promise<typeof commands.$inferSelect | undefined>;
  readonly replyOf: (command: ClaimedCommand) => Promise<typeof publications.$inferSelect | undefined>;
  /** Forgets every command and reply. */
  readonly clear: () => Promise<void>;
}

export const files = { "src/a.ts": "const a = 1; // FIND high: a constant\nconst b = 2;\n" };

export async function startCommandWorld(): Promise<CommandWorld> {
  const world = await startReviewWorld();
  const { db } = world.database;
  let lastComment = 0;

  const claimNext = async () => {
    const workerId = await insertWorker(db, { role: "dispatcher", leaseMs: 60_000 });
    const [row] = await claimCommands(db, { workerId, limit: 1 });
    if (!row) throw new Error("nothing was claimed");
    return row;
  };

  return {
    ...world,
    open: async () => {
      const opened = await world.openPullRequest(files);
      opened.repository.setRole("alice", "write");
      return opened;
    },
    claimed: async ({ ids, pull }, values = {}) => {
      const { kind: forge, host } = world.ctx.forge;
      const command: NewCommand = {
        ...{
          pullRequestId: ids.pullRequestId,
          forge,
          host,
          headSha: pull.headSha,
          text: null,
          threadId: null,
        },
        ...{ commentKind: "conversation", commentId: 1_000_000 + ++lastComment, name: "help" },
        ...{ authorExternalId: world.hub.user("alice").id, authorLogin: "alice" },
        ...values,
      };
      await db.transaction((tx) => insertCommand(tx, command));
      return await claimNext();
    },
    claimNext,
    settleIt: async (command, model = null, signal = new AbortController().signal) =>
      await settleCommand({ ...world.ctx, model, taskMaxAttempts: 3 }, command, signal),
    rowOf: async ({ id }) => (await db.select().from(commands).where(eq(commands.id, id)))[0],
    replyOf: async ({ id }) => {
      const isReply = and(eq(publications.commandId, id), eq(publications.kind, "reply"));
      return (await db.select().from(publications).where(isReply))[0];
    },
    clear: async () => {
      await db.delete(publications).where(eq(publications.kind, "reply"));
      await db.delete(commands);
    },
  };
}
