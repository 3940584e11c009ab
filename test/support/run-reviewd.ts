/**
 * Runs reviewd as a real process, from its sources or from the built binary, and waits for what it says. A process that
 * prints a secret fails its test.
 */
import { join } from "node:path";
import { linesWithSecrets, secretsIn } from "./kept-secrets.ts";

export interface ReviewdOptions {
  /** The whole environment besides PATH and HOME; nothing of the tests' own gets in. */
  readonly env?: Readonly<Record<string, string>>;
  /** The root folder unless given. */
  readonly cwd?: string;
  /** A built binary to run instead of the sources. */
  readonly binary?: string;
  /** Runs it as this user, where the tests are root. */
  readonly uid?: number;
  /** What it must not print, beside the secrets in `env`; asked when it has ended. */
  readonly secrets?: () => readonly string[];
}

export interface Reviewd extends AsyncDisposable {
  readonly pid: number;
  /** Lines so far, of standard output and of standard error. */
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly exited: Promise<number>;
  /** The first line, past or to come, on either stream, that matches. @throws with all output when it ends first */
  readonly line: (matching: string | RegExp) => Promise<string>;
  /** The same for a log line, by its message; answers its fields. */
  readonly log: (message: string) => Promise<Readonly<Record<string, unknown>>>;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Signals and answers the exit code. */
  readonly stop: (name?: NodeJS.Signals) => Promise<number>;
}

const mainFile = join(import.meta.dir, "../../src/main.ts");
const pollMs = 2;
/** As long as `eventually` waits. */
const lineMs = 90_000;

/** Killed when disposed, if it still runs. @throws when disposed, if it printed a secret */
export function startReviewd(args: readonly string[], options: ReviewdOptions = {}): Reviewd {
  const { env = {}, cwd = "/", binary, uid, secrets = () => [] } = options;
  const child = Bun.spawn([...(binary ? [binary] : [process.execPath, mainFile]), ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const output: Output = { stdout: [], stderr: [], ended: false };
  const exited = Promise.all([
    child.exited,
    collect(child.stdout, output.stdout),
    collect(child.stderr, output.stderr),
  ]).then(([exitCode]) => {
    output.ended = true;
    return exitCode;
  });
  const stop = async (name: NodeJS.Signals = "SIGTERM") => {
    child.kill(name);
    return await exited;
  };
  return {
    pid: child.pid,
    stdout: output.stdout,
    stderr: output.stderr,
    exited,
    line: (matching) =>
      awaitLine(output, String(matching), (line) => (matches(line, matching) ? line : null)),
    log: (message) => awaitLine(output, `the log line ${message}`, (line) => parseLog(line, message)),
    signal: (name) => child.kill(name),
    stop,
    [Symbol.asyncDispose]: async () => {
      if (!output.ended) await stop("SIGKILL");
      refuseLeaks(output, [...secretsIn(env), ...secrets()]);
    },
  };
}

interface Output {
  readonly stdout: string[];
  readonly stderr: string[];
  /** The process is gone and everything it wrote is here. */
  ended: boolean;
}

function refuseLeaks({ stdout, stderr }: Output, secrets: readonly string[]): void {
  const leaks = linesWithSecrets([...stdout, ...stderr], secrets);
  if (leaks.length > 0) throw new Error(`reviewd printed a secret:\n${leaks.join("\n")}`);
}

async function awaitLine<T>(output: Output, what: string, pick: (line: string) => T | null): Promise<T> {
  const deadline = performance.now() + lineMs;
  for (;;) {
    const { ended } = output;
    const lines = [...output.stdout, ...output.stderr];
    const found = lines.map(pick).find((picked) => picked !== null);
    if (found !== undefined && found !== null) return found;
    if (ended || performance.now() > deadline) {
      const why = ended ? "but it ended" : "in vain";
      throw new Error(`waited for ${what}, ${why}; it wrote:\n${lines.join("\n")}`);
    }
    await Bun.sleep(pollMs);
  }
}

/** Runs it to its end. */
export async function runReviewd(
  args: readonly string[],
  options: ReviewdOptions = {},
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const reviewd = startReviewd(args, options);
  const exitCode = await reviewd.exited;
  await using _ended = reviewd;
  return { exitCode, stdout: reviewd.stdout.join("\n"), stderr: reviewd.stderr.join("\n") };
}

async function collect(stream: ReadableStream<Uint8Array>, lines: string[]): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  }
  if (rest !== "") lines.push(rest);
}

function matches(line: string, matching: string | RegExp): boolean {
  return typeof matching === "string" ? line.includes(matching) : matching.test(line);
}

function parseLog(line: string, message: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith("{") || !line.includes(message)) return null;
  const fields: Record<string, unknown> = JSON.parse(line);
  return fields.msg === message ? fields : null;
}
