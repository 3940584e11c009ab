/** The arguments of `bun run demo`. */
import { parseArgs } from "node:util";

export const usage = `Usage: bun run demo [--model] [--once]

Shows what reviewd does, on a simulated GitHub, and stays up for you to look around until Ctrl-C.

  --model   a language model reviews, too, and answers a question: a scripted one, or that of MODELS in the environment
  --once    ends when the story is told, with the feedback as JSON on the last line
  --help    this text`;

export interface DemoArguments {
  readonly help: boolean;
  readonly once: boolean;
  readonly model: boolean;
}

const flag = { type: "boolean", default: false } as const;

/** Null: they are none of the demo's. */
export function parseDemoArguments(args: readonly string[]): DemoArguments | null {
  try {
    return parseArgs({ args: [...args], options: { help: { ...flag, short: "h" }, once: flag, model: flag } })
      .values;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
