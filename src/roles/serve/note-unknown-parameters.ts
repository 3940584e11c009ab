/**
 * Finds parameters that a route does not know: who mistypes a filter is not to take everything for what was asked.
 * requireScope refuses them, once it has let the caller in.
 */
import { z } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import { listNames } from "../../explain-issue.ts";
import { printable } from "../../printable.ts";
import type { Api, ApiEnv, ApiRequest } from "./api.ts";

/** Of the routes that want a token. Others may put what they like behind a webhook's or a probe's address. */
export function noteUnknownParameters(api: Api) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const given = Object.keys(c.req.queries());
    const known = given.length > 0 ? findParameters(api, c) : null;
    const unknown = given.filter((name) => known && !known.includes(name));
    c.set("unknownParameters", known && unknown.length > 0 ? describe(unknown, known) : null);
    await next();
  });
}

/** Null: the route takes any. */
function findParameters({ openAPIRegistry }: Api, c: ApiRequest): readonly string[] | null {
  const matched = matchedRoutes(c).at(-1);
  const routes = openAPIRegistry.definitions.flatMap((one) => (one.type === "route" ? [one.route] : []));
  const route = routes.find(
    ({ method, path }) =>
      method.toUpperCase() === matched?.method && path.replaceAll(/\{(.+?)\}/g, ":$1") === matched.path,
  );
  if (!route?.security) return null;
  const query = route.request?.query;
  return query instanceof z.ZodObject ? Object.keys(query.shape) : [];
}

function describe(unknown: readonly string[], known: readonly string[]): string {
  const taken = known.length === 0 ? "none is taken here" : `known: ${known.join(", ")}`;
  return `there is no parameter ${printable(listNames(unknown))}; ${taken}`;
}
