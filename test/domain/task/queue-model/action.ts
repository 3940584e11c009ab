/** What may happen to the queue, as plain values: fast-check makes them, shrinks them and prints them. */
import fc from "fast-check";
import type { StopReason } from "../../../../src/adapters/postgres/tasks.ts";
import type { RunOutcome } from "../../../../src/domain/task/settlement.ts";

/** Numbers pick from what there is, modulo its length, so that every action means something in every state. */
export type Action =
  | {
      readonly do: "enqueue";
      readonly pullRequest: number;
      /** Null: the pull request's own. */
      readonly owner: number | null;
      readonly automatic: boolean;
      readonly app: boolean;
      readonly head: number;
      readonly priority: number;
      readonly maxAttempts: number;
    }
  | { readonly do: "push"; readonly pullRequest: number; readonly head: number }
  /** A process settles up to so many of its runs, all completed, and claims, in one call. `late`: as below. */
  | {
      readonly do: "exchange";
      readonly worker: number;
      readonly completed: number;
      readonly late: boolean;
      readonly limit: number;
      readonly isIdle: boolean;
    }
  /** `late`: by a run that was settled before. One whose worker is gone may be picked either way. */
  | { readonly do: "settle"; readonly run: number; readonly late: boolean; readonly outcome: RunOutcome }
  | {
      readonly do: "stop";
      readonly pullRequests: readonly number[];
      readonly reason: StopReason;
      readonly keepHead: number | null;
      readonly automaticOnly: boolean;
    }
  | { readonly do: "cancel"; readonly task: number }
  /** The process is gone without a word, and another one starts in its place. */
  | { readonly do: "crash"; readonly worker: number }
  /** Of a lapsed lease it begins a new one. */
  | { readonly do: "renew"; readonly worker: number }
  /** Nobody renews until all leases lapsed; then somebody sweeps, and all come back. */
  | { readonly do: "outage" }
  | { readonly do: "sweep" }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "cap"; readonly owner: number; readonly maxRunning: number };

const pick = fc.nat(30);
const head = fc.nat(2);

const outcome: fc.Arbitrary<RunOutcome> = fc.constantFrom<RunOutcome[]>(
  { kind: "completed", reason: "reviewed" },
  { kind: "failed", reason: "internal_error", error: "a bug" },
  { kind: "skipped", reason: "draft" },
  { kind: "retry", reason: "retry", error: "502" },
  { kind: "retry", reason: "content_budget", error: "wait", delayMs: 60_000 },
  { kind: "stopped" },
  { kind: "superseded" },
  { kind: "released" },
  { kind: "lost" },
);

const enqueue = fc.record({
  do: fc.constant("enqueue" as const),
  pullRequest: pick,
  owner: fc.option(pick, { freq: 3 }),
  automatic: fc.boolean(),
  app: fc.nat(3).map((n) => n === 3),
  head,
  priority: fc.constantFrom(-10, 0, 10),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
});
const push = fc.record({ do: fc.constant("push" as const), pullRequest: pick, head });
const exchange = fc.record({
  do: fc.constant("exchange" as const),
  worker: pick,
  completed: fc.constantFrom(0, 0, 1, 3),
  late: fc.nat(2).map((n) => n === 2),
  limit: fc.integer({ min: 0, max: 5 }),
  isIdle: fc.boolean(),
});
const settle = fc.record({
  do: fc.constant("settle" as const),
  run: pick,
  late: fc.nat(5).map((n) => n === 5),
  outcome,
});
const stop = fc.record({
  do: fc.constant("stop" as const),
  pullRequests: fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 3 }),
  reason: fc.constantFrom<StopReason[]>("new_head", "closed", "suspended"),
  keepHead: fc.option(head),
  automaticOnly: fc.boolean(),
});
const cancel = fc.record({ do: fc.constant("cancel" as const), task: pick });
const crash = fc.record({ do: fc.constant("crash" as const), worker: pick });
const renew = fc.record({ do: fc.constant("renew" as const), worker: pick });
const sweep = fc.constant({ do: "sweep" as const });
const outage = fc.constant({ do: "outage" as const });
/** Not quite a lease, a lease, and longer than any retry waits. */
const advance = fc.record({
  do: fc.constant("advance" as const),
  ms: fc.constantFrom(8_000, 15_000, 700_000),
});
const cap = fc.record({
  do: fc.constant("cap" as const),
  owner: pick,
  maxRunning: fc.integer({ min: 0, max: 5 }),
});

/** What may happen at the same time as anything else. */
const timeless = [
  { weight: 8, arbitrary: enqueue },
  { weight: 3, arbitrary: push },
  { weight: 8, arbitrary: exchange },
  { weight: 8, arbitrary: settle },
  { weight: 2, arbitrary: stop },
  { weight: 2, arbitrary: cancel },
  { weight: 2, arbitrary: crash },
  { weight: 2, arbitrary: renew },
  { weight: 3, arbitrary: sweep },
  { weight: 2, arbitrary: cap },
];

export const concurrentAction: fc.Arbitrary<Action> = fc.oneof(...timeless);
export const anyAction: fc.Arbitrary<Action> = fc.oneof(
  ...timeless,
  { weight: 3, arbitrary: advance },
  { weight: 4, arbitrary: outage },
);
