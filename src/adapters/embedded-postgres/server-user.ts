/** Who the server runs as. Postgres refuses to run as root, so root lends it an unprivileged user that exists. */
import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { ReviewdError } from "../../errors.ts";

/** Ids to spawn with; null: the server runs as whoever we are. */
export type ServerUser = { readonly uid: number; readonly gid: number } | null;

/** Users every system has for owning nothing, in order of preference. */
const unprivileged = ["nobody", "daemon"];

/** @param dataFolder when it exists, its owner is kept, so that a folder made by an ordinary user stays theirs */
export function serverUser(dataFolder: string): ServerUser {
  if (process.getuid?.() !== 0) return null;
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const user = unprivileged.map((name) => users.find((fields) => fields[0] === name)).find(Boolean);
  if (user) return { uid: Number(user[2]), gid: Number(user[3]) };
  throw new ReviewdError(
    "unavailable",
    `Postgres refuses to run as root and there is no user ${unprivileged.join(" or ")} to run it as. ` +
      "Start reviewd as an ordinary user, or set DATABASE_URL.",
  );
}

/** Whether the user may pass through every folder above `path`. */
export function canReach(path: string, user: ServerUser): boolean {
  const parent = dirname(path);
  if (user === null || parent === path) return true;
  const { uid, gid, mode } = statSync(parent);
  const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
  return ((mode >> shift) & 1) === 1 && canReach(parent, user);
}
