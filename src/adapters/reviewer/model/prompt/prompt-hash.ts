/** Names a version of a prompt: everything in it that is ours. */
import { z } from "zod";

/** 64 hex digits. @param schema of the answer; null where it is prose */
export function hashPrompt(words: Readonly<Record<string, string>>, schema: z.ZodType | null): string {
  const shape = schema && z.toJSONSchema(schema);
  return new Bun.CryptoHasher("sha256").update(JSON.stringify([words, shape])).digest("hex");
}
