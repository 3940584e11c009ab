/** What `up` makes once and keeps in its data folder: secrets that only its user may read. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface KeptFile {
  readonly path: string;
  readonly text: string;
}

/** The file's text; null when there is none. */
export function findKept(dataDir: string, name: string): KeptFile | null {
  const path = join(dataDir, name);
  try {
    return { path, text: readFileSync(path, "utf8").trim() };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

export function keep(dataDir: string, name: string, text: string): KeptFile {
  const path = join(dataDir, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  return { path, text };
}

/** A key of 32 random bytes, the same one every time. */
export function keptKey(dataDir: string, name: string): KeptFile {
  return findKept(dataDir, name) ?? keep(dataDir, name, crypto.getRandomValues(new Uint8Array(32)).toHex());
}
