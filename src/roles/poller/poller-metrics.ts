/** What the poller counts for /metrics. */
import { Counter } from "prom-client";
import type { CycleSummary } from "../../domain/feedback/poll-comments.ts";

const cycles = new Counter({
  name: "reviewd_poll_cycles_total",
  help: "Cycles of reading reactions that ended.",
});

const comments = new Counter({
  name: "reviewd_poll_comments_total",
  help: "Comments by what came of their turn: read, missing at the forge, or left for the next cycle.",
  labelNames: ["result"],
});

const reactions = new Counter({
  name: "reviewd_poll_reactions_total",
  help: "Reactions that changed: added, returned, removed.",
  labelNames: ["change"],
});

const installations = new Counter({
  name: "reviewd_poll_installations_failed_total",
  help: "Installations that could not be read to the end in a cycle.",
});

export function countCycle(summary: CycleSummary): void {
  cycles.inc();
  comments.inc({ result: "read" }, summary.read);
  comments.inc({ result: "missing" }, summary.missing);
  comments.inc({ result: "left" }, summary.left);
  reactions.inc({ change: "added" }, summary.added);
  reactions.inc({ change: "returned" }, summary.returned);
  reactions.inc({ change: "removed" }, summary.removed);
  installations.inc(summary.failed);
}
