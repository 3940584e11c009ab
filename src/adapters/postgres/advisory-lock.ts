/** Makes one process of a role the active one, for as long as its connection to the database lasts. */
import postgres from "postgres";
import type { Logger } from "../../log.ts";

export interface RoleLock {
  readonly role: SoleRole;
  /**
   * Becomes the active process, or makes sure that it still is. The signal is aborted when it is not any more;
   * null: another process is.
   * @throws when the database cannot be reached
   */
  readonly hold: () => Promise<AbortSignal | null>;
  /** Lets another process take over. */
  readonly release: () => Promise<void>;
}

export type SoleRole = "poller" | "syncer";

/** Any number that nobody else uses, and one for each role. */
const lockClass = 726_948_150;
const lockNumbers: Readonly<Record<SoleRole, number>> = { poller: 1, syncer: 2 };

/** An answer that takes longer is taken for a dead connection: the database may have given the lock away. */
const answerMs = 5_000;

/** Set for the lock's transaction only. The server must see within seconds that our machine is gone. */
const sessionSettings = {
  idle_in_transaction_session_timeout: "0",
  idle_session_timeout: "0",
  transaction_timeout: "0",
  tcp_keepalives_idle: "5",
  tcp_keepalives_interval: "2",
  tcp_keepalives_count: "3",
};

/**
 * The lock is a transaction's, kept open on a connection of its own: so it works through a transaction-pooling
 * proxy, too. A transaction that has read nothing and written nothing holds back no vacuum.
 */
export function createRoleLock({ url, role, log }: { url: string; role: SoleRole; log: Logger }): RoleLock {
  let session: Session | null = null;
  let standingBy = false;

  const tell = (held: boolean) => {
    if (held) log.info("active");
    else if (!standingBy) log.info("standing by, another process is active");
    standingBy = !held;
  };

  const take = async () => {
    session ??= openSession(url, role);
    const { lost, wasHeld, take } = session;
    try {
      const before = wasHeld();
      const held = await within(answerMs, take());
      if (!held || !before) tell(held);
      return held ? lost : null;
    } catch (error) {
      await closeSession();
      throw error;
    }
  };

  // A role's loops share it: what one is asking already the others wait for.
  let taking: ReturnType<RoleLock["hold"]> | null = null;
  const hold = () => {
    taking ??= take().finally(() => {
      taking = null;
    });
    return taking;
  };

  const closeSession = async () => {
    const closing = session;
    session = null;
    await closing?.close();
  };

  return { role, hold, release: closeSession };
}

interface Session {
  readonly lost: AbortSignal;
  readonly wasHeld: () => boolean;
  readonly take: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

function openSession(url: string, role: SoleRole): Session {
  const lost = new AbortController();
  let held = false;
  const client = postgres(url, {
    max: 1,
    prepare: false,
    connection: { application_name: `reviewd ${role} lock` },
    onnotice: () => {},
    onclose: () => lost.abort("connection lost"),
  });

  const take = async () => {
    if (lost.signal.aborted || (held && !(await isHeld(client, role))))
      throw new Error(`${role} lost its lock`);
    held ||= await tryLock(client, role);
    return held;
  };
  const close = async () => {
    lost.abort("closed");
    await client.end({ timeout: 1 });
  };
  return { lost: lost.signal, wasHeld: () => held, take, close };
}

/**
 * Both in the simple protocol: in the extended one the finished statement's snapshot would live on until the next
 * statement, and hold back vacuum meanwhile.
 */
async function tryLock(client: postgres.Sql, role: SoleRole): Promise<boolean> {
  await client`begin`;
  await client`
    select set_config(name, wanted, true) from pg_settings
    join json_each_text(${JSON.stringify(sessionSettings)}::text::json) as setting(name, wanted) using (name)`;
  const lock = `pg_try_advisory_xact_lock(${lockClass}, ${lockNumbers[role]})`;
  const [row] = await client.unsafe<{ held: boolean }[]>(`select ${lock} as held`);
  if (row?.held) return true;
  await client`rollback`;
  return false;
}

/** Asked of the database: the driver reconnects by itself, and a new connection has no lock. */
async function isHeld(client: postgres.Sql, role: SoleRole): Promise<boolean> {
  const held = `locktype = 'advisory' and classid = ${lockClass} and objid = ${lockNumbers[role]} and granted`;
  const [row] = await client.unsafe<{ held: boolean }[]>(
    `select exists (select from pg_locks where pid = pg_backend_pid() and ${held}) as held`,
  );
  return row?.held ?? false;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
