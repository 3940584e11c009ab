/** Picks the role by argv and turns how it ends into an exit code. Nothing else is decided here. */
import packageJson from "../package.json" with { type: "json" };
import { type Command, type ExitCode, UsageError } from "./command.ts";
import { ConfigError } from "./config.ts";
import { ReviewdError } from "./errors.ts";

interface CommandEntry {
  readonly says: string;
  /** Loads the command's code only when it is run: the poller never loads Hono. */
  readonly load: () => Promise<Command>;
}

const commands: Readonly<Record<string, CommandEntry>> = {
  serve: {
    says: "webhooks and the REST API",
    load: async () => (await import("./roles/serve/serve.ts")).serve,
  },
  dispatcher: {
    says: "claims tasks, reviews, publishes",
    load: async () => (await import("./roles/dispatcher/dispatcher.ts")).dispatcher,
  },
  poller: {
    says: "reads reactions to what was posted",
    load: async () => (await import("./roles/poller/poller.ts")).poller,
  },
  syncer: {
    says: "recovers missed deliveries, sweeps open pull requests",
    load: async () => (await import("./roles/syncer/syncer.ts")).syncer,
  },
  migrate: {
    says: "brings the database schema up to date, then exits",
    load: async () => (await import("./roles/migrate/migrate.ts")).migrate,
  },
  up: {
    says: "all roles in one process, on an embedded Postgres unless DATABASE_URL is set",
    load: async () => (await import("./roles/up/up.ts")).up,
  },
  token: {
    says: "creates, lists and revokes API tokens",
    load: async () => (await import("./roles/token/token.ts")).token,
  },
  doctor: {
    says: "checks the database, the GitHub App, the model, keys and git, and says what to do",
    load: async () => (await import("./roles/doctor/doctor.ts")).doctor,
  },
  replay: {
    says: "makes a task's findings again from its record, and says why each was said or not",
    load: async () => (await import("./roles/replay/replay.ts")).replay,
  },
  review: {
    says: "reviews a local git range and prints the findings",
    load: async () => (await import("./roles/review/review.ts")).review,
  },
};

/** Started by reviewd itself, never by people. */
const hiddenCommands: Readonly<Record<string, Pick<CommandEntry, "load">>> = {
  "rules-worker": {
    load: async () => (await import("./adapters/reviewer/rules/rules-worker.ts")).rulesWorker,
  },
};

const usage = [
  "Usage: reviewd <command> [options]",
  "",
  ...Object.entries(commands).map(([name, { says }]) => `  ${name.padEnd(12)}${says}`),
  "",
  "  --help      this text; reviewd <command> --help for a command's own",
  "  --version   the version",
].join("\n");

async function main(argv: readonly string[]): Promise<ExitCode> {
  const [name, ...args] = argv;
  if (name === undefined) return complain("no command given");
  if (name === "--help" || name === "-h") return say(usage);
  if (name === "--version" || name === "-V") return say(packageJson.version);
  const entry = findCommand(name);
  if (!entry) return complain(`unknown command: ${name}`);

  const command = await entry.load();
  try {
    return await command({ args, env: process.env, signal: stopSignal() });
  } catch (error) {
    return explain(name, error);
  }
}

function findCommand(name: string): Pick<CommandEntry, "load"> | undefined {
  const all = { ...commands, ...hiddenCommands };
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

function explain(name: string, error: unknown): ExitCode {
  if (error instanceof UsageError) return complain(error.message, error.usage ?? usage);
  if (error instanceof ConfigError) {
    console.error(error.message);
    return 2;
  }
  // An expected failure says what to do; the trace of anything else is what a bug report needs.
  console.error(error instanceof ReviewdError ? `reviewd ${name}: ${error.message}` : error);
  return 1;
}

/** Aborts on the first SIGTERM or SIGINT. Process managers repeat signals, so a second one changes nothing. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => controller.abort(name));
  return controller.signal;
}

function say(text: string): ExitCode {
  console.log(text);
  return 0;
}

function complain(problem: string, explained = usage): ExitCode {
  console.error(`reviewd: ${problem}\n\n${explained}`);
  return 2;
}

process.exit(await main(process.argv.slice(2)));
