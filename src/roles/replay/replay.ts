/** `reviewd replay`: the operator's way to see why a review said what it said. */
import { connect } from "../../adapters/postgres/connect.ts";
import { requireSchema } from "../../adapters/postgres/migrate.ts";
import type { Command } from "../../command.ts";
import { loadConfig } from "../../config.ts";
import { replayTask } from "../../domain/replay/replay-task.ts";
import { parseReplayArguments, usage } from "./arguments.ts";
import { formatJson } from "./format-json.ts";
import { formatText } from "./format-text.ts";

export const replay: Command = async ({ args, env }) => {
  const wanted = parseReplayArguments(args);
  if (wanted.command === "help") {
    console.log(usage);
    return 0;
  }
  const { databaseUrl } = loadConfig("replay", env);
  const database = connect(databaseUrl, "reviewd replay", 1);
  try {
    await requireSchema(database.db);
    const replayed = await replayTask({ db: database.db }, wanted.taskId);
    process.stdout.write(wanted.json ? formatJson(replayed) : formatText(replayed));
    const { outcome } = replayed;
    const isSame =
      outcome.kind === "replayed" && outcome.comparisons.every(({ difference }) => difference === null);
    return isSame ? 0 : 1;
  } finally {
    await database.close();
  }
};
