/** This process's part in commands: it claims them under a lease, runs a few at once, and hands back what is left. */
import { claimCommands, hasDueCommands, releaseLostCommands } from "../../adapters/postgres/commands.ts";
import type { CommandContext } from "../../domain/command/end-with.ts";
import { learnOwnName } from "../../domain/command/learn-own-name.ts";
import { settleCommand } from "../../domain/command/settle-command.ts";
import { startLoop } from "../../loop.ts";
import { aborted, endsWithin } from "../../stopping.ts";
import { countCommand } from "./command-metrics.ts";
import { keepLease, type LeaseKeeper } from "./lease.ts";

const concurrency = 4;
const claimPollMs = 1_000;
const errorDelayMs = 1_000;
const maxRenewMs = 1_000;
const nameMs = 3_600_000;
const nameErrorMs = 60_000;
/** How long commands may take to notice that they are aborted, and the database to take them back. */
const noticeMs = 300;

export interface CommandWorker {
  readonly ctx: CommandContext;
  readonly leaseMs: number;
  /** How long commands may go on after the signal. */
  readonly graceMs: number;
  /** Aborted: claims no more. */
  readonly signal: AbortSignal;
}

/** Runs until the signal is aborted and every command has ended or was handed back. Never rejects for a failing database. */
export async function runCommandWorker({ ctx, leaseMs, graceMs, signal }: CommandWorker): Promise<void> {
  const { db, log } = ctx;
  // Of its own, and only while there are commands: an idle process has nothing to renew for them.
  const leases = keepLease({ db, log, leaseMs });
  const running = new Map<string, Promise<void>>();
  const released = new AbortController();
  const drained = new AbortController();
  const naming = startLoop({
    name: "own name",
    pass: async () => {
      await learnOwnName(ctx);
      return nameMs;
    },
    ...{ errorDelayMs: nameErrorMs, log, signal },
  });
  const renewing = startLoop({
    name: "renew commands",
    pass: async () => {
      await leases.renew();
      return Math.min(maxRenewMs, leaseMs / 5);
    },
    ...{ errorDelayMs, log, signal: drained.signal },
  });
  const claiming = startLoop({
    name: "commands",
    pass: async () => {
      await claim(ctx, { leases, running, released: released.signal, onEnd: () => claiming.wake() });
      return claimPollMs;
    },
    ...{ errorDelayMs, log, signal },
  });

  await aborted(signal);
  await claiming.done;
  const ended = () => Promise.all([...running.values(), naming.done]);
  if (!(await endsWithin(graceMs, ended()))) {
    released.abort("released");
    await endsWithin(noticeMs, ended());
  }
  drained.abort();
  await endsWithin(
    noticeMs,
    renewing.done.then(() => giveUp(leases, ctx)),
  );
}

interface Claiming {
  readonly leases: LeaseKeeper;
  readonly running: Map<string, Promise<void>>;
  readonly released: AbortSignal;
  readonly onEnd: () => void;
}

async function claim(ctx: CommandContext, { leases, running, released, onEnd }: Claiming): Promise<void> {
  const held = leases.current();
  const own = held && { workerId: held.workerId, running: [...running.keys()] };
  await releaseLostCommands(ctx.db, own);
  const limit = concurrency - running.size;
  if (limit <= 0) return;
  if (!(await hasDueCommands(ctx.db))) {
    if (running.size === 0) await leases.end();
    return;
  }
  const { workerId, lost } = await leases.get();
  const signal = AbortSignal.any([lost, released]);
  for (const command of await claimCommands(ctx.db, { workerId, limit })) {
    const log = ctx.log.child({ commandId: command.id, command: command.name });
    const work = settleCommand({ ...ctx, log }, command, signal)
      .then((outcome) => {
        countCommand(command.name, outcome);
        log.info(outcome, "command settled");
      })
      // Neither done nor put off: the database is away. The next look at what is lost finds it.
      .catch((error: unknown) => log.error({ err: error }, "command neither done nor put off"))
      .finally(() => {
        running.delete(command.id);
        onEnd();
      });
    running.set(command.id, work);
  }
}

async function giveUp(leases: LeaseKeeper, { log }: CommandContext): Promise<void> {
  try {
    await leases.end();
  } catch (error) {
    log.warn({ err: error }, "the lease of commands is not given up; it ends by itself");
  }
}
