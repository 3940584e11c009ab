/**
 * Every call to GitHub goes through here: signed in, paced, timed and, where it is a read, tried again. A write is
 * sent once. What each endpoint is for is in the files of the concerns.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "@octokit/request";
import { ReviewdError } from "../../../errors.ts";
import type { Logger } from "../../../log.ts";
import { InstallationUnavailableError } from "../forge.ts";
import { type CallLimits, untilCut } from "./call-limits.ts";
import { type Credentials, createCredentials } from "./credentials.ts";
import { type Answer, exchange, routeOf, type Send, type SendOptions } from "./exchange.ts";
import { answeredStatus, limitsEverything, toFailure } from "./failure.ts";
import { type Call, createGate, type Gate } from "./gate.ts";
import type { GitHubUrls } from "./github-urls.ts";
import { appScope, type Scope } from "./scope.ts";
import { createServerClock, type ServerClock } from "./server-clock.ts";

export interface GitHubClient {
  readonly urls: GitHubUrls;
  readonly credentials: Credentials;
  /** GitHub's time, in milliseconds. */
  readonly now: () => number;
  /** Octokit's typed `request`, made as this scope. `request: { repeatable: true }` marks a POST that only reads. */
  readonly as: (scope: Scope) => typeof request;
  /** Calls GraphQL as this scope no more until then; `everything` also REST. */
  readonly pauseGraphql: (scope: Scope, delayMs: number, everything: boolean) => void;
}

export interface GitHubClientOptions {
  readonly urls: GitHubUrls;
  readonly appId: number;
  readonly privateKey: string;
  /** What one call, and all of a write, may take. */
  readonly timeoutMs: number;
  readonly writeSpacingMs: number;
  /** Aborted: all calls are cut. */
  readonly signal?: AbortSignal | undefined;
  readonly log: Logger;
}

/** What the calls of one client share. */
interface Parts extends CallLimits {
  readonly urls: GitHubUrls;
  readonly log: Logger;
  readonly clock: ServerClock;
  readonly gate: Gate;
  readonly credentials: () => Credentials;
}

interface Attempt {
  readonly scope: Scope;
  readonly call: Call;
  readonly send: Send;
  readonly options: SendOptions;
}

/** Sends a request with the signal that gives it up. */
type WithSignal = (sendIt: (signal: AbortSignal) => Promise<Answer>) => Promise<Answer>;

/** Waits before a read is tried again, in milliseconds, each up to half as long again. */
const retryDelaysMs = [300, 1_000];
/** A refused token may be too young, then too old. */
const maxRefusals = 2;

export function createGitHubClient(options: GitHubClientOptions): GitHubClient {
  const { urls, timeoutMs, writeSpacingMs, log, signal = new AbortController().signal } = options;
  const clock = createServerClock();
  const gate = createGate({ writeSpacingMs, maxWriteWaitMs: timeoutMs / 2 });
  const parts: Parts = { urls, timeoutMs, signal, log, clock, gate, credentials: () => credentials };
  const anonymous = request.defaults({
    baseUrl: urls.api,
    headers: { "user-agent": "reviewd", "x-github-api-version": "2022-11-28" },
    request: { redirect: "manual" },
  });
  const as = (scope: Scope) =>
    anonymous.defaults({
      request: { hook: (send: Send, endpoint: SendOptions) => perform(parts, scope, send, endpoint) },
    });
  const credentials = createCredentials({ ...options, now: clock.now, requestAsApp: as(appScope) });
  const pauseGraphql: GitHubClient["pauseGraphql"] = (scope, delayMs, everything) =>
    gate.close({ lane: laneOf(scope), resource: "graphql", isWrite: false }, delayMs, everything);
  return { urls, credentials, now: clock.now, as, pauseGraphql };
}

function laneOf(scope: Scope): Call["lane"] {
  return scope.kind === "app" ? "app" : scope.installationId;
}

async function perform(parts: Parts, scope: Scope, send: Send, options: SendOptions): Promise<Answer> {
  const isWrite = options.method !== "GET" && options.request?.repeatable !== true;
  const resource = options.url === parts.urls.graphql ? "graphql" : "rest";
  const attempt: Attempt = { scope, call: { lane: laneOf(scope), resource, isWrite }, send, options };
  return isWrite ? await write(parts, attempt) : await read(parts, attempt);
}

/** Sent once, and not after its time: the wait for its turn and its token is part of it. */
async function write(parts: Parts, attempt: Attempt): Promise<Answer> {
  return await untilCut(parts, async (signal) => {
    const cut = new Promise<never>((_, reject) => {
      const fail = () => reject(toCut(attempt, signal));
      if (signal.aborted) fail();
      else signal.addEventListener("abort", fail, { once: true });
    });
    return await Promise.race([callOnce(parts, attempt, (sendIt) => sendIt(signal)), cut]);
  });
}

function toCut({ options }: Attempt, { reason }: AbortSignal): ReviewdError {
  const why = reason instanceof Error ? reason.message : String(reason);
  return new ReviewdError("unavailable", `${options.method} ${routeOf(options)}: ${why}`);
}

async function read(parts: Parts, attempt: Attempt): Promise<Answer> {
  const inTime: WithSignal = (sendIt) => untilCut(parts, sendIt);
  for (const delayMs of retryDelaysMs) {
    try {
      return await callOnce(parts, attempt, inTime);
    } catch (error) {
      // Tokens that were all refused were tried again already, and made anew.
      const mayTryAgain =
        error instanceof ReviewdError && error.code === "unavailable" && answeredStatus(error.cause) !== 401;
      if (!mayTryAgain || parts.signal.aborted) throw error;
      const waited = sleep(delayMs * (1 + Math.random() / 2), undefined, { signal: parts.signal });
      await waited.catch(() => {
        throw error;
      });
    }
  }
  return await callOnce(parts, attempt, inTime);
}

async function callOnce(parts: Parts, attempt: Attempt, withSignal: WithSignal): Promise<Answer> {
  try {
    return await parts.gate.run(attempt.call, () => signedIn(parts, attempt, withSignal));
  } catch (error) {
    throw noteFailure(parts, attempt, error);
  }
}

/** 401 means that nothing was done, so that a write may be sent again too. */
async function signedIn(parts: Parts, attempt: Attempt, withSignal: WithSignal): Promise<Answer> {
  const { scope, send, options } = attempt;
  const log = scope.kind === "app" ? parts.log : parts.log.child({ installation: scope.installationId });
  const learnDate = parts.clock.learn;
  for (let refusals = 0; ; refusals++) {
    const { authorization, refused } = await parts.credentials().get(scope);
    try {
      return await withSignal((signal) => exchange({ send, options, authorization, signal, learnDate, log }));
    } catch (error) {
      if (answeredStatus(error) !== 401 || refusals === maxRefusals || parts.signal.aborted) throw error;
      await refused();
    }
  }
}

/** Remembers what a failure says about later calls. */
function noteFailure(parts: Parts, { scope, call, options }: Attempt, error: unknown): unknown {
  const what = `${options.method} ${routeOf(options)}`;
  const failure = toFailure(error, { what, asApp: scope.kind === "app", nowMs: parts.clock.now() });
  if (failure === error || !(failure instanceof ReviewdError)) return failure;
  if (failure.retryAfterMs !== undefined) {
    parts.gate.close(call, failure.retryAfterMs, limitsEverything(error));
  }
  if (failure instanceof InstallationUnavailableError && scope.kind === "installation") {
    parts.credentials().dropInstallation(scope.installationId);
  }
  return failure;
}
