/** What doctor asks the database. */
import { getClockShift } from "../../adapters/postgres/clock.ts";
import { connect, type Db } from "../../adapters/postgres/connect.ts";
import { type DatabaseRoles, getDatabaseRoles } from "../../adapters/postgres/database-roles.ts";
import { compareSchema } from "../../adapters/postgres/migrate.ts";
import { requireConnection } from "../../adapters/postgres/require-connection.ts";
import { findBrokenSeats } from "../../adapters/postgres/seats.ts";
import { getServer, oldestServer, type Server } from "../../adapters/postgres/server.ts";
import { type Check, failed, ok, type Result, runChecks, type Verdict, warning } from "./check.ts";
import { type DoctorEnvironment, need } from "./environment.ts";
import { checkListen } from "./listen-check.ts";
import { checkTransactions } from "./transaction-check.ts";

interface Subject {
  readonly db: Db;
  readonly environment: DoctorEnvironment;
}

const checks: readonly Check<Subject>[] = [
  { check: "database", examine: checkServer, isNeeded: true },
  { check: "schema", examine: checkSchema, isNeeded: true },
  { check: "clock", examine: checkClock },
  { check: "database roles", examine: async ({ db }) => judgeRoles(await getDatabaseRoles(db)) },
  { check: "seats", examine: checkSeats },
  { check: "transactions", examine: ({ db }) => checkTransactions(db) },
  { check: "listen", examine: checkListen },
];

const rolesFile = "drizzle/0003_roles.sql";
const maxNamed = 5;

export async function* examineDatabase(environment: DoctorEnvironment): AsyncGenerator<Result> {
  const url = need(environment, "databaseUrlIfAny");
  if ("verdict" in url) return yield* runChecks(url, checks);
  const database = connect(url.value, "reviewd doctor", 2);
  try {
    yield* runChecks({ value: { db: database.db, environment } }, checks);
  } finally {
    await database.close();
  }
}

async function checkServer({ db }: Subject): Promise<Verdict> {
  await requireConnection(db);
  return judgeServer(await getServer(db));
}

export function judgeServer({ major, version, user, inRecovery }: Server): Verdict {
  const what = `PostgreSQL ${version}, logged in as ${user}`;
  if (major < oldestServer) return failed(`${what}: too old`, `upgrade it to ${oldestServer} or newer`);
  if (inRecovery) return failed(`${what}: a standby, read-only`, "let DATABASE_URL name the primary");
  return ok(what);
}

async function checkSchema({ db }: Subject): Promise<Verdict> {
  const { missing, changed, newer } = await compareSchema(db);
  if (missing.length > 0) {
    return failed(`older than this version needs, missing: ${missing.join(", ")}`, "run `reviewd migrate`");
  }
  if (changed.length > 0) {
    return failed(
      `made by other files than this version has: ${changed.join(", ")}`,
      "use the version of reviewd that made it, or a newer one",
    );
  }
  return ok(newer.length > 0 ? `newer than this version: ${newer.join(", ")}` : "up to date");
}

async function checkClock({ db }: Subject): Promise<Verdict> {
  const shiftSecs = await getClockShift(db);
  if (shiftSecs === 0) return ok("the queue goes by the database's own time");
  return failed(
    `the queue's time is set ${shiftSecs} seconds off, which only tests do`,
    "run in the database: update clock set shift = '0'",
  );
}

export function judgeRoles({ user, ownsTables, memberOf, missing, withoutGrants }: DatabaseRoles): Verdict {
  const again = `run ${rolesFile} of this version once more, with the login that owns the tables`;
  if (withoutGrants.length > 0) return failed(`${withoutGrants.join(", ")} lacks its rights`, again);
  if (missing.length > 0) {
    return warning(
      `there is no ${missing.join(", ")}, so every part of reviewd has every right`,
      `where creating roles is allowed, ${again}; then give each part a login in its own role`,
    );
  }
  if (ownsTables)
    return ok(`${user} owns the tables: the login for migrate and token, too much for the others`);
  if (memberOf.length > 0) return ok(`${user} is in ${memberOf.join(", ")}`);
  return failed(
    `${user} is in none of reviewd's roles`,
    `grant it the one of its part: grant reviewd_serve to …`,
  );
}

async function checkSeats({ db }: Subject): Promise<Verdict> {
  const broken = await findBrokenSeats(db);
  if (broken.length === 0) return ok("the queue's books balance");
  const named = broken.slice(0, maxNamed).map((one) => `${one.broken} (${one.id})`);
  const more = broken.length > maxNamed ? ` and ${broken.length - maxNamed} more` : "";
  return failed(
    `${named.join("; ")}${more}`,
    "this is a bug of reviewd's: please report it with these lines",
  );
}
