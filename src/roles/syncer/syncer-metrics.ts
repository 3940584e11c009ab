/** What the syncer counts for /metrics. */
import { Counter } from "prom-client";
import type { RecoveryCounts } from "../../domain/delivery/recover-deliveries.ts";
import type { SweepCounts } from "../../domain/delivery/sweep-context.ts";
import type { PrunedTable } from "../../domain/retention/prune-old.ts";

const redeliveries = new Counter({
  name: "reviewd_sync_redeliveries_total",
  help: "Webhook deliveries that were to be sent again: failed, lost or unfinished; refused by the forge.",
  labelNames: ["reason"],
});

const pullRequests = new Counter({
  name: "reviewd_sync_pull_requests_total",
  help: "Pull requests nobody told of, by what came of it: queued, skipped, closed, raced by an event.",
  labelNames: ["result"],
});

const changes = new Counter({
  name: "reviewd_sync_changes_total",
  help: "Installations and repositories that were not stored as the forge has them.",
  labelNames: ["of"],
});

const failures = new Counter({
  name: "reviewd_sync_failures_total",
  help: "Installations and repositories that could not be swept.",
  labelNames: ["of"],
});

const prunedRows = new Counter({
  name: "reviewd_retention_deleted_rows_total",
  help: "Rows deleted because they were older than they are kept; a task's findings, comments and feedback go with it.",
  labelNames: ["table"],
});

export function countRecovery(counts: RecoveryCounts): void {
  for (const reason of ["failed", "lost", "unfinished", "refused"] as const) {
    redeliveries.inc({ reason }, counts[reason]);
  }
}

export function countSweep(counts: SweepCounts): void {
  for (const result of ["queued", "skipped", "closed", "raced"] as const) {
    pullRequests.inc({ result }, counts[result]);
  }
  changes.inc({ of: "installations" }, counts.installations);
  changes.inc({ of: "repositories" }, counts.repositories);
  failures.inc({ of: "installations" }, counts.failedInstallations);
  failures.inc({ of: "repositories" }, counts.failedRepositories);
}

export function countPruned(table: PrunedTable, rows: number): void {
  prunedRows.inc({ table }, rows);
}
