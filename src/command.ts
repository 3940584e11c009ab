/** What main hands to a role or a command, and what it gets back. */

/** 0 done, 1 the work itself failed (or found something), 2 wrong usage or configuration. */
export type ExitCode = 0 | 1 | 2;

export interface Invocation {
  /** The arguments after the command's own name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted on SIGTERM or SIGINT: finish or hand back, then return. */
  readonly signal: AbortSignal;
}

export type Command = (invocation: Invocation) => Promise<ExitCode>;

/** Wrong use of a command: main prints the message with the usage and exits 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** The command's own; null: main's. */
  readonly usage: string | null;

  constructor(
    message: string,
    { usage = null, ...options }: ErrorOptions & { readonly usage?: string | null } = {},
  ) {
    super(message, options);
    this.usage = usage;
  }
}

/** What parses a command's arguments, with the command's usage in what it throws. */
export function withUsage<Arguments>(
  usage: string,
  parse: (args: readonly string[]) => Arguments,
): (args: readonly string[]) => Arguments {
  return (args) => {
    try {
      return parse(args);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(error.message, { cause: error, usage });
    }
  };
}
