/**
 * The hidden marker at the end of everything reviewd posts, by which it finds its own writes again. Signed, because
 * anyone who may comment can copy or invent one: it only counts together with our own numeric author id.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** What a marker speaks for; all of it is signed. */
export interface Marker {
  readonly kind: "review" | "inline" | "summary" | "reply" | "notice";
  readonly publicationId: string;
  /** Set exactly on inline comments. */
  readonly findingId: string | null;
}

/** Where a marker is valid: one copied to another pull request, repository or host does not verify. */
export interface MarkerPlace {
  readonly forge: string;
  readonly host: string;
  /** The forge's own id, which survives renames. */
  readonly repositoryId: number;
  readonly number: number;
}

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const pattern = new RegExp(
  `<!--\\s*reviewd:(review|inline|summary|reply|notice)\\s+publication=(${uuid})(?:\\s+finding=(${uuid}))?\\s+signature=([0-9a-f]{64})\\s*-->`,
  "g",
);

export function writeMarker(keys: readonly string[], place: MarkerPlace, marker: Marker): string {
  const finding = marker.findingId === null ? "" : ` finding=${marker.findingId}`;
  const signature = sign(firstOf(keys), place, marker).toString("hex");
  return `<!-- reviewd:${marker.kind} publication=${marker.publicationId}${finding} signature=${signature} -->`;
}

/** The last marker in the text that one of the keys signed for this place; null when there is none. */
export function findMarker(keys: readonly string[], place: MarkerPlace, text: string): Marker | null {
  let found: Marker | null = null;
  for (const [, kind, publicationId = "", findingId = null, signature = ""] of text.matchAll(pattern)) {
    const marker: Marker = { kind: kind as Marker["kind"], publicationId, findingId };
    if (verifies(keys, place, marker, Buffer.from(signature, "hex"))) found = marker;
  }
  return found;
}

/** Takes the form of a marker from text that is not ours. */
export function breakMarkers(text: string): string {
  return text.replace(/<!--(?=\s*reviewd)/gi, "<! --");
}

function verifies(keys: readonly string[], place: MarkerPlace, marker: Marker, signature: Buffer): boolean {
  return keys.some((key) => timingSafeEqual(sign(key, place, marker), signature));
}

function sign(key: string, place: MarkerPlace, marker: Marker): Buffer {
  const signed = [
    place.forge,
    place.host,
    place.repositoryId,
    place.number,
    marker.kind,
    marker.publicationId,
    marker.findingId,
  ];
  return createHmac("sha256", key)
    .update(`reviewd marker ${JSON.stringify(signed)}`)
    .digest();
}

function firstOf(keys: readonly string[]): string {
  const [key] = keys;
  if (key === undefined) throw new Error("there is no marker key");
  return key;
}
