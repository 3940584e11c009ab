/** What the base branch says about reviews: its configuration file, its guidance. Never what a head says. */
import { ReviewdError } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { cleanGuidance } from "./clean-guidance.ts";
import { type ParsedSettings, parseSettings } from "./parse-settings.ts";

/** The commit at the tip of a base branch. */
export interface BaseFiles {
  readonly commitSha: string;
  /** A file's bytes there; null: there is none. @throws ReviewdError as readFileAt does */
  readonly readFile: (path: string) => Promise<Uint8Array | null>;
}

export const configurationPaths = [".reviewd.yml", ".reviewd.yaml"] as const;
const guidancePath = "REVIEW.md";

export type ReadSettings = ParsedSettings & { readonly path: string };

/** Null: there is no file. @throws ReviewdError `unavailable`: that it could not be read does not mean there is none */
export async function readSettings({ readFile }: BaseFiles): Promise<ReadSettings | null> {
  const [path, otherPath] = configurationPaths;
  const file = await readOrRefuse(readFile, path);
  const other = await readOrRefuse(readFile, otherPath);
  if (file && other) {
    return { path, problems: [{ line: 1, message: `there is also a ${otherPath}: keep one of the two` }] };
  }
  if (file) return { path, ...parse(file) };
  return other && { path: otherPath, ...parse(other) };
}

type File = Uint8Array | { readonly refused: string };

async function readOrRefuse(readFile: BaseFiles["readFile"], path: string): Promise<File | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (!(error instanceof ReviewdError && error.code === "invalid_input")) throw error;
    return { refused: error.message };
  }
}

function parse(file: File): ParsedSettings {
  return file instanceof Uint8Array
    ? parseSettings(file)
    : { problems: [{ line: 1, message: file.refused }] };
}

/** Null: there is none, or it cannot be read, for which no review fails. */
export async function readGuidance(
  { readFile }: BaseFiles,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<string | null> {
  try {
    const file = await readFile(guidancePath);
    return file && cleanGuidance(file);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ReviewdError)) throw error;
    log.warn({ err: error }, `${guidancePath} could not be read, the review goes on without it`);
    return null;
  }
}
