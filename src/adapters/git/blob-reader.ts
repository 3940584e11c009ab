/** Contents of blobs from one long-lived `git cat-file`, one request after the other. */
import { ReviewdError } from "../../errors.ts";
import { type GitCall, type RunningGit, readTail, startGit } from "./run-git.ts";

interface BlobInfo {
  readonly id: string;
  readonly bytes: number;
}

export interface BlobReader extends AsyncDisposable {
  /** @param name an object id or `COMMIT:path`; null when there is no such blob. */
  readonly find: (name: string) => Promise<BlobInfo | null>;
  /** The content of a blob that `find` has given. */
  readonly read: (blob: BlobInfo) => Promise<Uint8Array>;
}

/** Milliseconds after which a process is replaced by a new one before its next request. */
const usualLifeMs = 300_000;
/** Milliseconds one request may take at least: a missing content is fetched. */
const requestMs = 300_000;

type BlobCall = Pick<GitCall, "environment" | "config" | "secrets" | "signal">;

/** @param call what commands on the repository are run with; the process starts with the first request */
export function createBlobReader(call: BlobCall, lifeMs = usualLifeMs): BlobReader {
  let running: Session | null = null;
  let queue: Promise<unknown> = Promise.resolve();

  const inTurn = <Answer>(ask: (session: Session) => Promise<Answer>): Promise<Answer> => {
    const answer = queue.then(async () => {
      if (running && performance.now() >= running.replaceAt) {
        await running.git[Symbol.asyncDispose]();
        running = null;
      }
      running ??= startSession(call, lifeMs);
      return await askOnce(running, ask, () => {
        running = null;
      });
    });
    queue = answer.catch(() => {});
    return answer;
  };
  return {
    find: (name) => inTurn((session) => findBlob(session, name)),
    read: (blob) => inTurn((session) => readBlob(session, blob)),
    [Symbol.asyncDispose]: async () => {
      await running?.git[Symbol.asyncDispose]();
      await queue;
    },
  };
}

interface Session {
  readonly git: RunningGit;
  readonly output: ByteReader;
  readonly complaint: Promise<string>;
  /** The moment (of performance.now) from which it gets no further request. */
  readonly replaceAt: number;
}

function startSession(call: BlobCall, lifeMs: number): Session {
  const args = ["cat-file", "--batch-command", "-z"];
  const replaceAt = performance.now() + lifeMs;
  const git = startGit({ ...call, args, deadlineMs: lifeMs + requestMs });
  const complaint = readTail(git.process.stderr, call.secrets ?? []);
  return { git, output: createByteReader(git.process.stdout), complaint, replaceAt };
}

/** A request that fails leaves the answers out of step, so the process goes with it. */
async function askOnce<Answer>(
  session: Session,
  ask: (session: Session) => Promise<Answer>,
  forget: () => void,
): Promise<Answer> {
  try {
    return await ask(session);
  } catch (error) {
    forget();
    await session.git[Symbol.asyncDispose]();
    session.git.throwIfCut();
    const complaint = (await session.complaint).trim();
    throw new ReviewdError("unavailable", `git cat-file failed: ${complaint}`, { cause: error });
  }
}

async function findBlob(session: Session, name: string): Promise<BlobInfo | null> {
  await send(session, `info ${name}`);
  const line = await session.output.readLine();
  const [, id, type, bytes] = /^([0-9a-f]{40,64}) ([a-z]+) (\d+)$/.exec(line) ?? [];
  if (id !== undefined) return type === "blob" ? { id, bytes: Number(bytes) } : null;
  // Anything else is the name again and why it is not there; a name may have line breaks of its own.
  for (const _ of name.matchAll(/\n/g)) await session.output.readLine();
  return null;
}

async function readBlob(session: Session, blob: BlobInfo): Promise<Uint8Array> {
  await send(session, `contents ${blob.id}`);
  const line = await session.output.readLine();
  if (line !== `${blob.id} blob ${blob.bytes}`) throw new Error(`unexpected answer: ${line}`);
  const content = await session.output.readBytes(blob.bytes);
  await session.output.readBytes(1);
  return content;
}

async function send(session: Session, request: string): Promise<void> {
  session.git.process.stdin.write(`${request}\0`);
  await session.git.process.stdin.flush();
}

interface ByteReader {
  /** Up to the next line feed, which is left out. */
  readonly readLine: () => Promise<string>;
  readonly readBytes: (count: number) => Promise<Uint8Array>;
}

function createByteReader(stream: ReadableStream<Uint8Array>): ByteReader {
  const reader = stream.getReader();
  let rest: Uint8Array = new Uint8Array();
  const next = async (): Promise<Uint8Array> => {
    const { value } = await reader.read();
    if (value === undefined) throw new Error("git ended in the middle of an answer");
    return value;
  };
  const take = async (enough: (chunk: Uint8Array, before: number) => number): Promise<Uint8Array> => {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for (;;) {
      const count = enough(rest, bytes);
      if (count >= 0) {
        parts.push(rest.subarray(0, count));
        rest = rest.subarray(count);
        return Bun.concatArrayBuffers(parts, bytes + count, true);
      }
      parts.push(rest);
      bytes += rest.length;
      rest = await next();
    }
  };
  return {
    readBytes: (count) => take((chunk, before) => (before + chunk.length >= count ? count - before : -1)),
    readLine: async () => {
      const line = await take((chunk) => chunk.indexOf(10) + 1 || -1);
      return new TextDecoder().decode(line.subarray(0, -1));
    },
  };
}
