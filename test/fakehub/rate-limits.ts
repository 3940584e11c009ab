/** The primary limits: counts calls and points by the hour, for each caller, and says so in headers. */
import type { Caller } from "./authentication.ts";
import { GitHubError } from "./github-error.ts";
import type { World } from "./world.ts";

const hourMs = 3_600_000;
const anonymousCallsPerHour = 60;

export type Resource = "core" | "graphql";

interface Bucket {
  readonly limit: number;
  used: number;
  resetsAtMs: number;
}

export class RateLimits {
  readonly #buckets = new Map<string, Bucket>();

  /** @throws GitHubError 403 when the hour's limit is used up. */
  charge(world: World, caller: Caller, resource: Resource, cost: number): void {
    if (this.tryCharge(world, caller, resource, cost)) return;
    throw new GitHubError(403, `API rate limit exceeded for ${callerKey(caller)}.`);
  }

  /** False when the hour's limit is used up. */
  tryCharge(world: World, caller: Caller, resource: Resource, cost: number): boolean {
    const bucket = this.bucket(world, caller, resource);
    const isLeft = bucket.used + cost <= bucket.limit;
    bucket.used = isLeft ? bucket.used + cost : bucket.limit;
    return isLeft;
  }

  /** An answer of 304 costs nothing. */
  refund(world: World, caller: Caller, resource: Resource, cost: number): void {
    const bucket = this.bucket(world, caller, resource);
    bucket.used = Math.max(0, bucket.used - cost);
  }

  /** Uses up what is left of the hour. */
  exhaust(world: World, caller: Caller, resource: Resource): void {
    const bucket = this.bucket(world, caller, resource);
    bucket.used = bucket.limit;
  }

  bucket(world: World, caller: Caller, resource: Resource): Bucket {
    const key = `${callerKey(caller)} ${resource}`;
    const now = world.clock.nowMs();
    const known = this.#buckets.get(key);
    if (known && known.resetsAtMs > now) return known;
    const made = { limit: limitOf(world, caller, resource), used: 0, resetsAtMs: now + hourMs };
    this.#buckets.set(key, made);
    return made;
  }

  headers(world: World, caller: Caller, resource: Resource): Record<string, string> {
    const { limit, used, resetsAtMs } = this.bucket(world, caller, resource);
    if (limit === Number.POSITIVE_INFINITY) return {};
    return {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-remaining": String(limit - used),
      "x-ratelimit-used": String(used),
      "x-ratelimit-reset": String(Math.ceil(resetsAtMs / 1000)),
      "x-ratelimit-resource": resource,
    };
  }
}

function limitOf(world: World, caller: Caller, resource: Resource): number {
  if (caller.kind === "anonymous") return anonymousCallsPerHour;
  return resource === "core" ? world.limits.callsPerHour : world.limits.pointsPerHour;
}

/** Limits are an installation's, whichever of its tokens is used. */
export function callerKey(caller: Caller): string {
  return caller.kind === "installation" ? `installation ID ${caller.token.installation.id}` : caller.kind;
}
