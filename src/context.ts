/** What a process builds once and its verbs are handed first. A verb asks for the parts it uses. */
import type { Forge } from "./adapters/forge/forge.ts";
import type { Db } from "./adapters/postgres/connect.ts";
import type { ModelClient } from "./adapters/reviewer/model/model-client.ts";
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

/** By name. `model` is null where the operator set up none. */
export interface Reviewers {
  readonly rules: Reviewer;
  readonly model: Reviewer | null;
}

/** For running and publishing reviews: the dispatcher. */
export interface ReviewContext extends ForgeContext {
  readonly reviewers: Reviewers;
  /** Null: the operator set up no model. */
  readonly model: ModelClient | null;
  /** The first signs our markers, all verify them. */
  readonly markerKeys: readonly string[];
}
