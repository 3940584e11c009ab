/** One value of a run's record as it is stored: JSON, named by its digest and compressed. */
import type { RecordKind, TaskRecord } from "../../adapters/postgres/task-records.ts";

/** A value that takes more than this as JSON is left out: what one pull request stores stays within bounds. */
const maxRecordBytes = 32 * 1024 * 1024;

interface Packing {
  readonly maxBytes?: number;
  /** Of zstd: the lower, the faster. */
  readonly level?: number;
}

export type Unpacked =
  | { readonly kind: "kept"; readonly value: unknown }
  /** It was larger than what is stored. */
  | { readonly kind: "left_out"; readonly bytes: number };

export async function packRecord(
  place: { readonly kind: RecordKind; readonly ordinal: number },
  value: unknown,
  { maxBytes = maxRecordBytes, level = 3 }: Packing = {},
): Promise<TaskRecord> {
  const json = Buffer.from(JSON.stringify(value));
  const unpacked =
    json.length <= maxBytes ? { kind: "kept", value } : { kind: "left_out", bytes: json.length };
  const content = unpacked.kind === "kept" ? envelop(json) : Buffer.from(JSON.stringify(unpacked));
  const digest = new Bun.CryptoHasher("sha256").update(content).digest();
  return { ...place, digest, compressed: await Bun.zstdCompress(content, { level }), bytes: content.length };
}

/** The JSON is not made twice: it may be large. */
function envelop(json: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('{"kind":"kept","value":'), json, Buffer.from("}")]);
}

/** @throws when the content is not what its digest says */
export async function unpackRecord({ digest, compressed }: TaskRecord): Promise<Unpacked> {
  const content = await Bun.zstdDecompress(compressed);
  if (!new Bun.CryptoHasher("sha256").update(content).digest().equals(digest)) {
    throw new Error(`the stored content ${Buffer.from(digest).toString("hex")} is damaged`);
  }
  // Only packRecord writes them.
  return JSON.parse(Buffer.from(content).toString()) as Unpacked;
}
