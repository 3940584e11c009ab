/** Whether something keeps vacuum from the database for long, and whether the syncer would see it. */
import type { Db } from "../../adapters/postgres/connect.ts";
import {
  findBlindReader,
  listOpenTransactions,
  longTransactionSecs,
  type OpenTransaction,
} from "../../adapters/postgres/open-transactions.ts";
import { ok, type Verdict, warning } from "./check.ts";

/** Of a snapshot whose age in time is not told. */
const oldSnapshotTransactions = 1_000_000;

export async function checkTransactions(db: Db): Promise<Verdict> {
  return judgeTransactions(await listOpenTransactions(db), await findBlindReader(db));
}

/** @param blindReader who should see how old others' transactions are, and does not; null: nobody */
export function judgeTransactions(open: readonly OpenTransaction[], blindReader: string | null): Verdict {
  const long = open.find(isLong);
  if (long) return warning(describe(long), `${endOf(long)}, and find out why it was left open`);
  if (blindReader !== null) {
    return warning(
      `${blindReader} does not see how long other logins' are open, so no metric and no alert will tell`,
      `run in the database, as one who may: grant pg_read_all_stats to "${blindReader}"`,
    );
  }
  return ok(`none is open for more than ${longTransactionSecs} seconds`);
}

function isLong({ seconds, transactions }: OpenTransaction): boolean {
  return seconds === null ? transactions > oldSnapshotTransactions : seconds > longTransactionSecs;
}

function describe({ kind, name, pid, seconds, transactions }: OpenTransaction): string {
  const age = seconds === null ? `for ${transactions} transactions` : `for ${Math.round(seconds)} seconds`;
  const what = {
    session: "session",
    prepared: "prepared transaction",
    slot: "replication slot",
    standby: "standby",
  };
  return `${what[kind]} "${name}"${pid === null ? "" : ` (pid ${pid})`} keeps vacuum away ${age}`;
}

function endOf({ kind, name, pid }: OpenTransaction): string {
  switch (kind) {
    case "session":
      return `end it: select pg_terminate_backend(${pid})`;
    case "prepared":
      return `end it: rollback prepared '${name}'`;
    case "slot":
      return "end the long query on its standby, or drop the slot if nobody uses it";
    case "standby":
      return "end the long query there";
  }
}
