/** One request and its answer: stamped, timed and logged; moved repositories are followed, broken answers refused. */
import type { request } from "@octokit/request";
import type { EndpointDefaults, OctokitResponse } from "@octokit/types";
import { currentCorrelation } from "../../../correlation.ts";
import { ReviewdError } from "../../../errors.ts";
import type { Logger } from "../../../log.ts";
import { answeredHeaders, answeredStatus } from "./failure.ts";

/** Octokit's `request` below its hooks, and what it is called with there. */
export type Send = typeof request;
export type SendOptions = EndpointDefaults & { readonly url: string };
export type Answer = OctokitResponse<unknown>;

export interface Exchange {
  readonly send: Send;
  readonly options: SendOptions;
  readonly authorization: string;
  /** Gives the call up, a connection or a body that hangs included. */
  readonly signal: AbortSignal;
  readonly learnDate: (dateHeader: string | undefined) => void;
  readonly log: Logger;
}

const maxRedirects = 3;

/** @throws what Octokit throws, or ReviewdError unavailable for an answer that cannot be GitHub's. */
export async function exchange(call: Exchange): Promise<Answer> {
  const startedAt = performance.now();
  const { method } = call.options;
  const seen = { method, route: routeOf(call.options) };
  try {
    const answer = await follow(call);
    call.learnDate(answer.headers.date);
    call.log.debug({ ...seen, status: answer.status, ms: elapsedMs(startedAt) }, "called GitHub");
    return answer;
  } catch (error) {
    const headers = answeredHeaders(error);
    const status = answeredStatus(error);
    call.learnDate(headers.date?.toString());
    const line = { ...seen, status, ms: elapsedMs(startedAt), requestId: headers["x-github-request-id"] };
    // That something is not there is an answer like another.
    if (status === 404) call.log.debug(line, "called GitHub");
    else
      call.log.warn({ ...line, reason: error instanceof Error ? error.message : "" }, "GitHub call failed");
    throw error;
  }
}

/** The method and the path as GitHub documents it, without what this call put into it. */
export function routeOf({ url }: SendOptions): string {
  return url.startsWith("/") ? url : new URL(url).pathname;
}

async function follow({ send, options, authorization, signal }: Exchange): Promise<Answer> {
  const headers = { ...options.headers, ...stamps(), authorization };
  const signed = { ...options, headers, request: { ...options.request, signal } };
  // What Octokit would send: a redirect says where to, and everything else stays as it is.
  const { method, body, url, request: settings } = send.endpoint.parse(signed);
  let answer = await send(signed);
  for (let redirects = 0; isRedirect(answer.status); redirects++) {
    const target = new URL(answer.headers.location ?? "", answer.url || url);
    if (redirects === maxRedirects || target.origin !== new URL(url).origin) {
      throw new ReviewdError("unavailable", `GitHub redirects ${method} ${routeOf(options)} elsewhere`);
    }
    const data = body === undefined ? {} : { data: body };
    answer = await send({ method, url: target.href, headers, request: settings, ...data });
  }
  return whole(answer);
}

/** A renamed or moved repository answers 301 or 307 with where it is now, also to writes, which are then not done. */
function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 307 || status === 308;
}

/** Octokit hands a body it could not read to its end, or not parse, over as text. */
function whole(answer: Answer): Answer {
  const { data, headers } = answer;
  const isEmpty = data === "" && headers["content-type"] === undefined;
  if (typeof data !== "string" || isEmpty) return answer;
  throw new ReviewdError("unavailable", `GitHub's answer (${answer.status}) is cut off or not JSON`);
}

/** GitHub ignores them; proxies and the logs of an Enterprise Server show them. */
function stamps(): Record<string, string> {
  const { taskId, deliveryId } = currentCorrelation();
  return {
    ...(taskId === undefined ? {} : { "x-reviewd-task": taskId }),
    ...(deliveryId === undefined ? {} : { "x-github-delivery": deliveryId }),
  };
}

function elapsedMs(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}
