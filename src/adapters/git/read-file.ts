/** One file as a commit has it. */
import { ReviewdError } from "../../errors.ts";
import { isObjectId, maxFileBytes, type Repository } from "./repository.ts";

/**
 * A file's bytes at a commit; null where there is no such file. Nothing is followed: of a symbolic link it is
 * the path it holds.
 * @throws ReviewdError invalid_input for a file above maxFileBytes, unavailable when git fails.
 */
export async function readFileAt(
  repository: Repository,
  sha: string,
  path: string,
): Promise<Uint8Array | null> {
  if (!isObjectId(sha)) throw new ReviewdError("invalid_input", `not a full commit id: ${sha}`);
  // git takes these relative to a work tree and NUL as the end of the request; no tree has such an entry.
  if (/^\.\.?(\/|$)|\0/.test(path)) return null;

  const blob = await repository.blobs.find(`${sha}:${path}`);
  if (!blob) return null;
  if (blob.bytes > maxFileBytes) {
    throw new ReviewdError("invalid_input", `${path} has ${blob.bytes} bytes, more than ${maxFileBytes}`);
  }
  return await repository.blobs.read(blob);
}
