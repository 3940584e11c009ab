/** What the poller counts for /metrics. */
import { Counter, Gauge } from "prom-client";
import type { CycleSummary } from "../../domain/feedback/poll-comments.ts";

const cycles = new Counter({
  name: "reviewd_poll_cycles_total",
  help: "Cycles of reading reactions that ended.",
});

const comments = new Counter({
  name: "reviewd_poll_comments_total",
  help: "Comments by what came of their turn: read, missing or hidden at the forge, or left for the next cycle.",
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

const resting = new Gauge({
  name: "reviewd_poll_installations_resting",
  help: "Installations that the last cycle left alone, until their limit is reset or their budget has room.",
});

const points = new Counter({
  name: "reviewd_poll_points_total",
  help: "GraphQL points that reading reactions cost.",
});

const calls = new Counter({
  name: "reviewd_poll_calls_total",
  help: "REST calls: comments read one by one, and people asked for.",
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
  resting.set(summary.resting);
  points.inc(summary.points);
  calls.inc(summary.calls);
}
