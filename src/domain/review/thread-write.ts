/**
 * How threads end whose finding is gone: resolved where the App may do that, else hidden. What somebody replied to stays
 * open, whatever the App may do: it is theirs to end. What people ended is left as it is.
 */
import type { ReviewThread, ThreadEnd, ThreadEnded } from "../../adapters/forge/posted.ts";
import type { Publication } from "../../adapters/postgres/publications.ts";
import { ReviewdError } from "../../errors.ts";
import type { Prepared, Write } from "./write-once.ts";
import type { Writer } from "./writer.ts";

interface Sent {
  readonly isWhole: boolean;
}

/** Threads ended by one request. */
const batchSize = 25;

/** What is ended stays ended, so an unclear write needs no looking for: prepare() finds what is left. */
export function threadWrite(
  writer: Writer,
  publication: Publication<"thread">,
): Write<Sent, { readonly externalId: number }> {
  const tried: Tried = { comments: new Set(), mayResolve: writer.place.mayWriteContents };
  return {
    publication,
    find: async () => null,
    prepare: () => prepareThreads(writer, publication, tried),
    confirm: async ({ isWhole }) => (isWhole ? { externalId: publication.payload.commentIds[0] ?? 0 } : null),
    record: async () => {},
  };
}

interface Tried {
  /** Not to be tried again. */
  readonly comments: Set<number>;
  mayResolve: boolean;
}

async function prepareThreads(
  writer: Writer,
  { payload }: Publication<"thread">,
  tried: Tried,
): Promise<Prepared<Sent>> {
  const { ctx, repository, place } = writer;
  const own = await ctx.forge.ownAccount();
  const wanted = new Set(payload.commentIds);
  const threads = await ctx.forge.listThreads(repository, place.number);
  const left = threads.flatMap((thread) => {
    const [first] = thread.comments;
    if (!first || !wanted.has(first.id) || tried.comments.has(first.id)) return [];
    const end = decideThread(thread, { ownId: own.id, mayResolve: tried.mayResolve });
    return end ? [{ commentId: first.id, end }] : [];
  });
  const batch = left.slice(0, batchSize);
  const send = async (): Promise<Sent> => {
    if (batch.length === 0) return { isWhole: true };
    const answers = await endThreads(
      writer,
      batch.map(({ end }) => end),
    );
    batch.forEach(({ commentId, end }, at) => {
      note(tried, commentId, end, answers[at] ?? "failed");
    });
    return { isWhole: left.length === batch.length && answers.every((answer) => answer !== "forbidden") };
  };
  return { send, requests: 0 };
}

/** A permission that was taken away meanwhile is told of all of them at once. */
async function endThreads(
  { ctx, repository }: Writer,
  ends: readonly ThreadEnd[],
): Promise<readonly ThreadEnded[]> {
  try {
    return await ctx.forge.endThreads(repository, ends);
  } catch (error) {
    const isOptional = ends.some(({ kind }) => kind === "resolve");
    if (!isOptional || !(error instanceof ReviewdError) || error.code !== "forbidden") throw error;
    return ends.map(() => "forbidden");
  }
}

/** Where resolving is not allowed after all, the same thread is hidden next. */
function note(tried: Tried, commentId: number, { kind }: ThreadEnd, answer: ThreadEnded): void {
  if (kind === "resolve" && answer === "forbidden") tried.mayResolve = false;
  else tried.comments.add(commentId);
}

/** Null: it is left as it is. */
export function decideThread(
  { id, isResolved, comments: [first], authorIds }: ReviewThread,
  { ownId, mayResolve }: { readonly ownId: number; readonly mayResolve: boolean },
): ThreadEnd | null {
  if (!first || isResolved || first.isMinimized) return null;
  if (authorIds.some((authorId) => authorId !== ownId)) return null;
  return mayResolve ? { kind: "resolve", threadId: id } : { kind: "minimize", nodeId: first.nodeId };
}
