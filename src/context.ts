/** What a process builds once and its verbs are handed first. A verb asks for the parts it uses. */
import type { Forge } from "./adapters/forge/forge.ts";
import type { Db } from "./adapters/postgres/connect.ts";
import type { Reviewer } from "./adapters/reviewer/reviewer.ts";
import type { Logger } from "./log.ts";

export interface Context {
  readonly db: Db;
  readonly log: Logger;
}

/** For the roles that hold the App's key: dispatcher, poller, syncer. */
export interface ForgeContext extends Context {
  readonly forge: Forge;
}

/** For running and publishing reviews: the dispatcher. */
export interface ReviewContext extends ForgeContext {
  readonly reviewer: Reviewer;
  /** The first signs our markers, all verify them. */
  readonly markerKeys: readonly string[];
}
