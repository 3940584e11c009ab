/** How a check run is written: the one with our external id on the commit, created where there is none. */
import { type CheckAnnotation, maxAnnotations, type PostedCheck } from "../../adapters/forge/check.ts";
import type { Publication } from "../../adapters/postgres/publications.ts";
import type { Prepared, Write } from "./write-once.ts";
import type { Writer } from "./writer.ts";

interface Sent {
  readonly id: number;
  /** False: there are annotations that did not fit into the request. */
  readonly isWhole: boolean;
}

/**
 * Updating says the same thing again, so an unclear write needs no looking for: prepare() finds what is there, down to
 * the annotations, which the forge only ever adds.
 */
export function checkWrite(
  writer: Writer,
  publication: Publication<"check">,
): Write<Sent, { readonly externalId: number }> {
  const sent = new Set<string>();
  return {
    publication,
    find: async () => null,
    prepare: () => prepareCheck(writer, publication, sent),
    confirm: async ({ id, isWhole }) => (isWhole ? { externalId: id } : null),
    record: async () => {},
  };
}

/** @param sent annotations that were answered for; what is sent now is added to them */
async function prepareCheck(
  writer: Writer,
  { payload }: Publication<"check">,
  sent: Set<string>,
): Promise<Prepared<Sent>> {
  const { repository, ctx } = writer;
  const { headSha, externalId, check } = payload;
  const posted = (await ctx.forge.listChecks(repository, headSha))
    .filter((one) => one.externalId === externalId)
    .sort((a, b) => a.id - b.id);
  const newest = posted.at(-1);
  const missing = await findMissing(writer, newest, check.annotations, sent);
  const annotations = missing.slice(0, maxAnnotations);
  const isWhole = annotations.length === missing.length;
  const done = (id: number): Sent => {
    for (const annotation of annotations) sent.add(keyOf(annotation));
    return { id, isWhole };
  };
  if (!newest) {
    const toCreate = { ...check, annotations, headSha, externalId };
    return { requests: 1, send: async () => done((await ctx.forge.createCheck(repository, toCreate)).id) };
  }
  // Check runs cannot be deleted; should there be two, the forge shows the newest, so all say the same.
  const send = async () => {
    await Promise.all(
      posted.map(({ id }) => {
        const added = id === newest.id ? annotations : [];
        return ctx.forge.updateCheck(repository, id, { ...check, annotations: added });
      }),
    );
    return done(newest.id);
  };
  return { requests: posted.length, send };
}

async function findMissing(
  { ctx, repository }: Writer,
  posted: PostedCheck | undefined,
  wanted: readonly CheckAnnotation[],
  sent: ReadonlySet<string>,
): Promise<readonly CheckAnnotation[]> {
  const mayBeThere = wanted.length > 0 && posted !== undefined && posted.annotationCount > 0;
  const there = mayBeThere ? await ctx.forge.listAnnotations(repository, posted.id) : [];
  const said = new Set([...sent, ...there.map(keyOf)]);
  return wanted.filter((annotation) => !said.has(keyOf(annotation)));
}

function keyOf({ path, startLine, line, title, message }: CheckAnnotation): string {
  return JSON.stringify([path, startLine, line, title, message]);
}
