/** Lets callers in by bearer token and scope, and only then looks at what they ask with. */
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import { useApiToken } from "../../adapters/postgres/api-tokens.ts";
import type { Db } from "../../adapters/postgres/connect.ts";
import { hashToken, type Scope } from "../../domain/owner/api-token.ts";
import { ReviewdError } from "../../errors.ts";
import type { ApiEnv, Caller } from "./api.ts";

/** One of the scopes suffices. Each stands for itself: `admin` does not contain the others. */
export function requireScope(db: Db, ...scopes: readonly Scope[]) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const caller = await findCaller(db, c.req.header("authorization"));
    if (!caller) throw new HTTPException(401, { message: "send a valid token: Authorization: Bearer rvd_…" });
    if (!scopes.some((scope) => caller.scopes.includes(scope))) {
      throw new ReviewdError("forbidden", `the token lacks the scope ${scopes.join(" or ")}`);
    }
    c.set("caller", caller);
    c.set("log", c.get("log").child({ tokenId: caller.tokenId }));
    const unknown = c.get("unknownParameters");
    if (unknown !== null) throw new ReviewdError("invalid_input", unknown);
    await next();
  });
}

/** For what belongs to the instance: tokens bound to an owner stay out, whatever their scopes. */
export const requireInstanceWide = createMiddleware<ApiEnv>(async (c, next) => {
  if (c.get("caller").ownerId !== null) {
    throw new ReviewdError("forbidden", "the token is bound to an owner; this is about the whole instance");
  }
  await next();
});

async function findCaller(db: Db, authorization: string | undefined): Promise<Caller | null> {
  const [, token = ""] = /^bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
  const tokenHash = hashToken(token);
  const valid = tokenHash && (await useApiToken(db, tokenHash));
  if (!valid) return null;
  return { tokenId: valid.id, tokenName: valid.name, scopes: valid.scopes, ownerId: valid.ownerId };
}
