/** Whether dispatchers are woken: polling alone suffices, but each review begins later then. */
import { connect, type Db } from "../../adapters/postgres/connect.ts";
import { hearsNotifications } from "../../adapters/postgres/hears-notifications.ts";
import { requireConnection } from "../../adapters/postgres/require-connection.ts";
import { ReviewdError } from "../../errors.ts";
import { failed, ok, type Verdict, warning } from "./check.ts";
import { type DoctorEnvironment, need } from "./environment.ts";

const withinMs = 3_000;
const direct =
  "let LISTEN_DATABASE_URL name the same database directly, not through a transaction-pooling proxy";

export async function checkListen({
  db,
  environment,
}: {
  readonly db: Db;
  readonly environment: DoctorEnvironment;
}): Promise<Verdict> {
  const own = need(environment, "listenDatabaseUrl");
  if ("verdict" in own && own.verdict.status === "failed") return own.verdict;
  const isOwn = "value" in own;
  const listenUrl = isOwn ? own.value : (environment.values.databaseUrlIfAny ?? "");
  const name = isOwn ? "LISTEN_DATABASE_URL" : "DATABASE_URL";
  if (isOwn) await requireListenConnection(own.value);
  if (await hearsNotifications({ listenUrl, db, withinMs })) return ok(`notifications arrive over ${name}`);
  const says = `notifications do not arrive over ${name}: reviews begin when a dispatcher polls, up to a second later`;
  return isOwn ? failed(says, direct) : warning(says, direct);
}

async function requireListenConnection(url: string): Promise<void> {
  const database = connect(url, "reviewd doctor listen", 1);
  try {
    await requireConnection(database.db);
  } catch (error) {
    if (!(error instanceof ReviewdError)) throw error;
    throw new ReviewdError(error.code, `LISTEN_DATABASE_URL: ${error.message}`, { cause: error });
  } finally {
    await database.close();
  }
}
