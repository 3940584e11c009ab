/** The limits GitHub sets beside the hourly one: on bursts, on calls at the same time, on creating content. */
import type { Caller } from "./authentication.ts";
import { GitHubError } from "./github-error.ts";
import { callerKey } from "./rate-limits.ts";
import type { World } from "./world.ts";

const minuteMs = 60_000;
const hourMs = 3_600_000;

interface Spent {
  readonly atMs: number;
  readonly points: number;
}

export class SecondaryLimits {
  readonly #rest = new Map<string, Spent[]>();
  readonly #content = new Map<string, Spent[]>();
  readonly #running = new Map<string, number>();

  /** Counts a call as running until `leave`. @throws GitHubError 403 when too many are. */
  enter(world: World, caller: Caller): void {
    const key = callerKey(caller);
    const running = this.#running.get(key) ?? 0;
    if (running >= world.limits.concurrentCalls) throw exceeded(60);
    this.#running.set(key, running + 1);
  }

  leave(caller: Caller): void {
    const key = callerKey(caller);
    this.#running.set(key, (this.#running.get(key) ?? 1) - 1);
  }

  /** @throws GitHubError 403 with `retry-after` when a call is one too many. */
  charge(
    world: World,
    caller: Caller,
    call: { readonly writes: boolean; readonly createsContent: boolean },
  ): void {
    const { restPointsPerMinute, contentPerMinute, contentPerHour } = world.limits;
    const now = world.clock.nowMs();
    const rest = recent(this.#rest, callerKey(caller), now - minuteMs);
    const content = recent(this.#content, callerKey(caller), now - hourMs);
    const points = call.writes ? 5 : 1;
    requireRoom(rest, now, minuteMs, restPointsPerMinute - points);
    if (call.createsContent) {
      requireRoom(content, now, minuteMs, contentPerMinute - 1);
      requireRoom(content, now, hourMs, contentPerHour - 1);
      content.push({ atMs: now, points: 1 });
    }
    rest.push({ atMs: now, points });
  }
}

function recent(spent: Map<string, Spent[]>, key: string, sinceMs: number): Spent[] {
  const kept = (spent.get(key) ?? []).filter(({ atMs }) => atMs > sinceMs);
  spent.set(key, kept);
  return kept;
}

/** @throws GitHubError 403 when more than `most` points were spent within the window. */
function requireRoom(spent: readonly Spent[], now: number, windowMs: number, most: number): void {
  const inWindow = spent.filter(({ atMs }) => atMs > now - windowMs);
  const total = inWindow.reduce((sum, { points }) => sum + points, 0);
  if (total <= most) return;
  const oldest = inWindow[0]?.atMs ?? now;
  throw exceeded(Math.ceil((oldest + windowMs - now) / 1000));
}

function exceeded(retryAfterSecs: number): GitHubError {
  const message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
  return new GitHubError(403, message, { headers: { "retry-after": String(retryAfterSecs) } });
}
