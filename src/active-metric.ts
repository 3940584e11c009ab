/** On /metrics: whether this process is the one of its role that works, or stands by. */
import { Gauge } from "prom-client";
import type { SoleRole } from "./adapters/postgres/advisory-lock.ts";

/** By role, since several may share a process: aborted when it is active no more, null while another process is. */
const held = new Map<SoleRole, AbortSignal | null>();

new Gauge({
  name: "reviewd_active",
  help: "1 on the process of this role that works, 0 on those that stand by.",
  labelNames: ["role"],
  // When asked: a lock may be lost long before the next pass would say so.
  collect() {
    for (const [role, signal] of held) this.set({ role }, signal && !signal.aborted ? 1 : 0);
  },
});

/** @param signal what holding the role's lock answered */
export function showActive(role: SoleRole, signal: AbortSignal | null): void {
  held.set(role, signal);
}
