/** What the routes share: the application's type and what each of them is handed. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context as HonoContext } from "hono";
import type { Context } from "../../context.ts";
import type { Intake } from "../../domain/delivery/intake.ts";
import type { Logger } from "../../log.ts";

export interface ServeContext extends Context {
  readonly intake: Intake;
  /** Newest first; all of them verify. */
  readonly webhookSecrets: readonly string[];
}

/** Who calls, once requireScope has let them in. */
export interface Caller {
  readonly tokenId: string;
  /** What the token is for, as whoever made it said. */
  readonly tokenName: string;
  readonly scopes: readonly string[];
  /** Only this owner's rows may be seen; null: all. */
  readonly ownerId: string | null;
}

export interface ApiEnv {
  readonly Variables: {
    requestId: string;
    log: Logger;
    caller: Caller;
    /** What to tell of parameters that the route does not know; null: there are none. */
    unknownParameters: string | null;
  };
}

export type Api = OpenAPIHono<ApiEnv>;
export type ApiRequest = HonoContext<ApiEnv>;
