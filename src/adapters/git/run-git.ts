/**
 * Runs git: in the environment of git-environment.ts and in a process group of its own, for a limited time, with
 * limited output, and gone when this says so.
 */
import { dirname } from "node:path";
import { ReviewdError } from "../../errors.ts";
import { gitEnvironment } from "./git-environment.ts";

export interface GitCall {
  readonly args: readonly string[];
  /** Variables of this call alone, e.g. GIT_DIR. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Configuration of this call alone; goes through the environment, so it may hold a secret. */
  readonly config?: readonly (readonly [key: string, value: string])[];
  /** Cut out of error messages. */
  readonly secrets?: readonly string[];
  readonly signal: AbortSignal;
  /** Milliseconds after which git and all it started are killed. */
  readonly deadlineMs: number;
  /** Most bytes read from standard output. */
  readonly maxBytes?: number;
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  /** At most its last 4,000 characters, secrets cut out. */
  readonly stderr: string;
}

/** A git that was started and whose pipes are read elsewhere. */
type GitProcess = Bun.Subprocess<"pipe", "pipe", "pipe">;

const defaultMaxBytes = 64 * 1024 * 1024;
const maxStderrCharacters = 4_000;

/**
 * Runs git to its end, whatever its exit code.
 * @throws ReviewdError unavailable at the deadline or when stopped, invalid_input when git is not installed or
 * prints more than maxBytes.
 */
export async function runGit(call: GitCall): Promise<GitResult> {
  await using running = startGit(call);
  running.process.stdin.end();
  const [stdout, stderr, exitCode] = await Promise.all([
    readAtMost(running.process.stdout, call.maxBytes ?? defaultMaxBytes, running.kill),
    readTail(running.process.stderr, call.secrets ?? []),
    running.process.exited,
  ]);
  running.throwIfCut();
  if (stdout === null) {
    throw new ReviewdError("invalid_input", `${nameOf(call)} printed more than this repository may`);
  }
  return { exitCode, stdout, stderr };
}

/** Runs git and gives what it printed. @throws ReviewdError `unavailable` with git's own words when it failed. */
export async function gitOutput(call: GitCall): Promise<Uint8Array> {
  const { exitCode, stdout, stderr } = await runGit(call);
  if (exitCode === 0) return stdout;
  throw new ReviewdError(
    "unavailable",
    `${nameOf(call)} failed: ${stderr.trim() || `exit code ${exitCode}`}`,
  );
}

export interface RunningGit extends AsyncDisposable {
  readonly process: GitProcess;
  readonly kill: () => void;
  /** Throws when the deadline or the signal ended it. */
  readonly throwIfCut: () => void;
}

/** Starts git in a process group of its own; disposing kills the group and waits for git to be gone. */
export function startGit(call: GitCall): RunningGit {
  const git = findGit();
  const child = Bun.spawn([git, ...call.args], {
    cwd: "/",
    env: gitEnvironment(dirname(git), call),
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
  const kill = () => killGroup(child);
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    kill();
  }, call.deadlineMs);
  call.signal.addEventListener("abort", kill, { once: true });
  if (call.signal.aborted) kill();

  const throwIfCut = () => {
    if (expired)
      throw new ReviewdError("unavailable", `${nameOf(call)} took longer than ${call.deadlineMs} ms`);
    if (!call.signal.aborted) return;
    throw new ReviewdError("unavailable", `${nameOf(call)} was stopped`, { cause: call.signal.reason });
  };
  const dispose = async () => {
    clearTimeout(timer);
    call.signal.removeEventListener("abort", kill);
    kill();
    await child.exited;
  };
  return { process: child, kill, throwIfCut, [Symbol.asyncDispose]: dispose };
}

function findGit(): string {
  const git = Bun.which("git");
  if (git) return git;
  throw new ReviewdError(
    "invalid_input",
    "git is not installed: install git 2.39 or newer and have it on PATH",
  );
}

function killGroup(child: GitProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    // ESRCH: it ended meanwhile.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Null when there was more; then the rest is not waited for. */
async function readAtMost(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  kill: () => void,
): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      kill();
      return null;
    }
    chunks.push(chunk);
  }
  return Bun.concatArrayBuffers(chunks, bytes, true);
}

/** The last characters of what git complained about. */
export async function readTail(
  stream: ReadableStream<Uint8Array>,
  secrets: readonly string[],
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text = (text + decoder.decode(chunk, { stream: true })).slice(-2 * maxStderrCharacters);
  }
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, "***"), text).slice(-maxStderrCharacters);
}

function nameOf(call: GitCall): string {
  const command = call.args.find((arg) => /^[a-z][a-z-]*$/.test(arg));
  return command ? `git ${command}` : "git";
}
