/**
 * How fast one process calls GitHub, per installation: a bounded number at once, writes at GitHub's pace, and
 * nothing at all while a limit lasts. The budget that several processes share is in Postgres, not here.
 */
import pLimit, { type LimitFunction } from "p-limit";
import { ReviewdError } from "../../../errors.ts";

/** REST and GraphQL have a primary limit each. */
type Resource = "rest" | "graphql";

export interface Call {
  /** The installation's id, or `app` for calls as the App. */
  readonly lane: number | "app";
  readonly resource: Resource;
  readonly isWrite: boolean;
}

export interface Gate {
  /** @throws ReviewdError rate_limited, without calling, while a limit lasts or writes have queued up. */
  readonly run: <T>(call: Call, work: () => Promise<T>) => Promise<T>;
  /** Closes a lane; `everything` also for the other resource. */
  readonly close: (call: Call, delayMs: number, everything: boolean) => void;
}

export interface GateOptions {
  /** Milliseconds between two writes of one installation, once a burst of five is spent. */
  readonly writeSpacingMs: number;
  /** A write that would have to wait longer is refused instead. */
  readonly maxWriteWaitMs: number;
}

interface Lane {
  readonly limit: LimitFunction;
  readonly closedUntilMs: Record<Resource, number>;
  nextWriteMs: number;
}

/** GitHub takes up to 100 at once from everybody who acts for an installation. */
const maxConcurrent = 10;
/** A review with its summary and check is a handful of writes; only more than that has to be spread. */
const writeBurst = 5;

export function createGate({ writeSpacingMs, maxWriteWaitMs }: GateOptions): Gate {
  const lanes = new Map<Call["lane"], Lane>();

  function laneOf({ lane }: Call): Lane {
    const found = lanes.get(lane) ?? {
      limit: pLimit(maxConcurrent),
      closedUntilMs: { rest: 0, graphql: 0 },
      nextWriteMs: 0,
    };
    lanes.set(lane, found);
    return found;
  }

  async function takeWriteTurn(lane: Lane): Promise<void> {
    const nowMs = Date.now();
    const turnMs = Math.max(lane.nextWriteMs, nowMs);
    const waitMs = turnMs - (writeBurst - 1) * writeSpacingMs - nowMs;
    if (waitMs > maxWriteWaitMs) throw limited("too many writes are waiting", waitMs);
    lane.nextWriteMs = turnMs + writeSpacingMs;
    if (waitMs > 0) await Bun.sleep(waitMs);
  }

  function refuseWhileClosed(call: Call, lane: Lane): void {
    const leftMs = lane.closedUntilMs[call.resource] - Date.now();
    if (leftMs > 0) throw limited(`a limit of installation ${call.lane} lasts`, leftMs);
  }

  return {
    run: async (call, work) => {
      const lane = laneOf(call);
      refuseWhileClosed(call, lane);
      if (call.isWrite) await takeWriteTurn(lane);
      return await lane.limit(async () => {
        refuseWhileClosed(call, lane);
        return await work();
      });
    },
    close: (call, delayMs, everything) => {
      const { closedUntilMs } = laneOf(call);
      const resources: readonly Resource[] = everything ? ["rest", "graphql"] : [call.resource];
      for (const resource of resources) {
        closedUntilMs[resource] = Math.max(closedUntilMs[resource], Date.now() + delayMs);
      }
    },
  };
}

function limited(why: string, retryAfterMs: number): ReviewdError {
  return new ReviewdError("rate_limited", `GitHub was not called: ${why}`, { retryAfterMs });
}
