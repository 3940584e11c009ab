/** The arguments of `reviewd token`. */
import { parseArgs } from "node:util";
import { UsageError, withUsage } from "../../command.ts";
import { isScope, type Scope, scopeMeanings, scopes } from "../../domain/owner/api-token.ts";

const scopeLines = Object.entries(scopeMeanings).map(([scope, meaning]) => `${scope.padEnd(16)}${meaning}`);

export const usage = `Usage: reviewd token create --name NAME --scopes SCOPE[,SCOPE…] [--owner LOGIN] [--expires 90d]
       reviewd token list
       reviewd token revoke ID

Creates, lists and revokes API tokens in the database at DATABASE_URL. A token is shown once, when it is created.

  --name NAME        what it is for, as the list shows it
  --scopes SCOPES    what it may do, by these, separated by commas; none contains another:
                       ${scopeLines.join("\n                       ")}
  --owner LOGIN      it sees only what belongs to this owner (a login or our id); without, everything
  --expires TIME     a number and h, d or w, e.g. 12h, 90d; without, it never expires
  --help             this text`;

export type TokenArguments =
  | { readonly command: "help" }
  | { readonly command: "list" }
  | { readonly command: "revoke"; readonly id: string }
  | {
      readonly command: "create";
      readonly name: string;
      readonly scopes: readonly Scope[];
      readonly owner: string | null;
      readonly expiresInMs: number | null;
    };

/** @throws UsageError saying what is wrong and what is right */
export const parseTokenArguments = withUsage(usage, readArguments);

function readArguments(args: readonly string[]): TokenArguments {
  const { values, positionals } = parse(args);
  const [command, ...rest] = positionals;
  if (values.help) return { command: "help" };
  switch (command) {
    case "list":
      refuse(rest, "token list takes nothing more");
      return { command };
    case "revoke": {
      const [id, ...more] = rest;
      if (id === undefined) throw new UsageError("token revoke needs the token's id; token list shows it");
      refuse(more, "token revoke takes one id");
      return { command, id };
    }
    case "create":
      refuse(rest, "token create takes options only");
      return { command, ...parseCreate(values) };
    default:
      throw new UsageError(
        command === undefined
          ? "token needs one of create, list, revoke"
          : `unknown: token ${command}; known: create, list, revoke`,
      );
  }
}

function parse(args: readonly string[]) {
  const string = { type: "string" } as const;
  const options = {
    name: string,
    scopes: string,
    owner: string,
    expires: string,
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parseCreate(values: {
  readonly name?: string | undefined;
  readonly scopes?: string | undefined;
  readonly owner?: string | undefined;
  readonly expires?: string | undefined;
}) {
  const { name, owner = null, expires } = values;
  if (!name) throw new UsageError("token create needs --name, what the token is for");
  const given = parseScopes(values.scopes ?? "");
  if (owner !== null && given.includes("admin")) {
    throw new UsageError("the scope admin is about the whole instance; leave out --owner or admin");
  }
  return { name, scopes: given, owner, expiresInMs: expires === undefined ? null : parseDuration(expires) };
}

function parseScopes(text: string): readonly Scope[] {
  const given = [...new Set(text.split(",").map((scope) => scope.trim()))].filter((scope) => scope !== "");
  const known = given.filter(isScope);
  if (known.length > 0 && known.length === given.length) return known;
  const unknown = given.filter((scope) => !isScope(scope));
  const problem = unknown.length > 0 ? `unknown: ${unknown.join(", ")}; ` : "";
  throw new UsageError(
    `token create needs --scopes, comma-separated (${problem}known: ${scopes.join(", ")})`,
  );
}

const unitMs = { h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
/** Ten years: what is meant to be longer never expires. */
const maxExpiresMs = 3_660 * unitMs.d;

function parseDuration(text: string): number {
  const [, count = "", unit = ""] = /^([1-9]\d{0,5})([hdw])$/.exec(text) ?? [];
  const ms = Number(count) * (unit === "h" || unit === "d" || unit === "w" ? unitMs[unit] : 0);
  if (ms > 0 && ms <= maxExpiresMs) return ms;
  throw new UsageError(
    `--expires is ${JSON.stringify(text)}; expected a number and h, d or w, e.g. 90d, up to 3660d`,
  );
}

function refuse(rest: readonly string[], problem: string): void {
  if (rest.length > 0) throw new UsageError(`${problem}, got: ${rest.join(" ")}`);
}
