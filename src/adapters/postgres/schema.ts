/**
 * The tables as drizzle sees them, for typed reads and writes. drizzle/*.sql is what creates them; a test holds
 * the two to each other. Checks, indexes and foreign keys live in the SQL only.
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  integer,
  interval,
  pgEnum,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { storableJson } from "./storable-json.ts";

const databaseNow = sql`reviewd_now()`;
const bytea = customType<{ data: Uint8Array }>({ dataType: () => "bytea" });
const jsonb = customType<{ data: unknown }>({ dataType: () => "jsonb", toDriver: storableJson });

export const clock = pgTable("clock", {
  id: boolean("id").primaryKey().default(true),
  shift: interval("shift").notNull().default("0"),
});

export const owners = pgTable("owners", {
  id: uuid("id").primaryKey(),
  forge: text("forge", { enum: ["github", "gitlab"] }).notNull(),
  host: text("host").notNull(),
  externalId: bigint("external_id", { mode: "number" }).notNull(),
  login: text("login").notNull(),
  kind: text("kind", { enum: ["user", "organization"] }).notNull(),
  plan: text("plan", { enum: ["active", "blocked"] })
    .notNull()
    .default("active"),
  maxRunning: integer("max_running").notNull(),
  weight: integer("weight").notNull().default(1),
  seatsInUse: integer("seats_in_use").notNull().default(0),
  nextRank: bigint("next_rank", { mode: "number" }).notNull().default(0),
  reviewSettings: jsonb("review_settings").notNull().default({}),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().default(databaseNow),
});

export const installations = pgTable("installations", {
  id: uuid("id").primaryKey(),
  ownerId: uuid("owner_id").notNull(),
  forge: text("forge").notNull(),
  host: text("host").notNull(),
  externalId: bigint("external_id", { mode: "number" }).notNull(),
  status: text("status", { enum: ["active", "suspended", "deleted"] })
    .notNull()
    .default("active"),
  permissions: jsonb("permissions").notNull().default({}),
  actionRequired: text("action_required"),
  actionRequiredAt: timestamp("action_required_at", { withTimezone: true }),
  actionProbeAt: timestamp("action_probe_at", { withTimezone: true }),
  actionToldAt: timestamp("action_told_at", { withTimezone: true }),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().default(databaseNow),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().default(databaseNow),
});

export const repositories = pgTable("repositories", {
  id: uuid("id").primaryKey(),
  ownerId: uuid("owner_id").notNull(),
  installationId: uuid("installation_id"),
  forge: text("forge").notNull(),
  host: text("host").notNull(),
  externalId: bigint("external_id", { mode: "number" }).notNull(),
  fullName: text("full_name").notNull(),
  defaultBranch: text("default_branch"),
  private: boolean("private").notNull(),
  reviewMode: text("review_mode", { enum: ["on", "off", "label", "dry_run"] })
    .notNull()
    .default("on"),
  sweptAt: timestamp("swept_at", { withTimezone: true }),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().default(databaseNow),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().default(databaseNow),
});

export const repositoryConfigurations = pgTable(
  "repository_configurations",
  {
    repositoryId: uuid("repository_id").notNull(),
    baseRef: text("base_ref").notNull(),
    commitSha: text("commit_sha").notNull(),
    settings: jsonb("settings").notNull(),
    readAt: timestamp("read_at", { withTimezone: true }).notNull().default(databaseNow),
    staleAt: timestamp("stale_at", { withTimezone: true }),
  },
  (table) => [primaryKey({ columns: [table.repositoryId, table.baseRef] })],
);

export const pullRequests = pgTable("pull_requests", {
  id: uuid("id").primaryKey(),
  repositoryId: uuid("repository_id").notNull(),
  number: integer("number").notNull(),
  state: text("state", { enum: ["open", "closed"] }).notNull(),
  merged: boolean("merged").notNull().default(false),
  draft: boolean("draft").notNull().default(false),
  title: text("title").notNull(),
  authorExternalId: bigint("author_external_id", { mode: "number" }),
  authorLogin: text("author_login"),
  authorIsBot: boolean("author_is_bot").notNull().default(false),
  fromFork: boolean("from_fork").notNull().default(false),
  labels: text("labels").array().notNull().default([]),
  headSha: text("head_sha").notNull(),
  baseRef: text("base_ref").notNull(),
  baseSha: text("base_sha").notNull(),
  forgeUpdatedAt: timestamp("forge_updated_at", { withTimezone: true }).notNull(),
  closedAt: timestamp("closed_at", { withTimezone: true }),
  pausedAt: timestamp("paused_at", { withTimezone: true }),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().default(databaseNow),
});

export const workers = pgTable("workers", {
  id: uuid("id").primaryKey(),
  role: text("role").notNull(),
  startedAt: timestamp("started_at", { withTimezone: true }).notNull().default(databaseNow),
  expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
  reservedTaskId: uuid("reserved_task_id"),
});

const taskTrigger = pgEnum("task_trigger", ["webhook", "sweep", "manual", "command", "rerequest"]);
const taskScope = pgEnum("task_scope", ["changes", "full"]);
const taskOutputMode = pgEnum("task_output_mode", ["forge", "app"]);
const taskStatus = pgEnum("task_status", [
  "pending",
  "running",
  "completed",
  "failed",
  "cancelled",
  "superseded",
  "skipped",
]);
const taskPlacement = pgEnum("task_placement", ["ready", "waiting", "held", "delayed"]);
const taskStopReason = pgEnum("task_stop_reason", [
  "requested",
  "new_head",
  "retargeted",
  "closed",
  "draft",
  "label_missing",
  "uninstalled",
  "suspended",
  "repository_removed",
  "repository_off",
  "plan_blocked",
]);
const taskReason = pgEnum("task_reason", [
  "reviewed",
  "merge_only",
  "nothing_to_review",
  "model_fallback",
  "draft",
  "bot_author",
  "label_missing",
  "repository_off",
  "plan_blocked",
  "fork_policy",
  "disabled",
  "label_excluded",
  "paused",
  "author_limit",
  "new_head",
  "retargeted",
  "requested",
  "closed",
  "uninstalled",
  "suspended",
  "repository_removed",
  "retry",
  "worker_lost",
  "released",
  "content_budget",
  "action_required",
  "attempts_exhausted",
  "permission_denied",
  "pull_request_gone",
  "internal_error",
  "model_output_invalid",
  "model_refused",
  "model_unauthorized",
  "model_rejected",
  "model_not_set_up",
]);

export const tasks = pgTable("tasks", {
  id: uuid("id").primaryKey(),
  ownerId: uuid("owner_id").notNull(),
  repositoryId: uuid("repository_id").notNull(),
  pullRequestId: uuid("pull_request_id").notNull(),
  trigger: taskTrigger("trigger").notNull(),
  outputMode: taskOutputMode("output_mode").notNull(),
  scope: taskScope("scope").notNull().default("changes"),
  headSha: text("head_sha").notNull(),
  baseRef: text("base_ref").notNull(),
  status: taskStatus("status").notNull(),
  placement: taskPlacement("placement"),
  stopRequested: taskStopReason("stop_requested"),
  reason: taskReason("reason"),
  error: text("error"),
  priority: smallint("priority").notNull().default(0),
  rank: bigint("rank", { mode: "number" }),
  runAfter: timestamp("run_after", { withTimezone: true }),
  lostCount: smallint("lost_count").notNull().default(0),
  attemptCount: smallint("attempt_count").notNull().default(0),
  maxAttempts: smallint("max_attempts").notNull(),
  workerId: uuid("worker_id"),
  fence: bigint("fence", { mode: "number" }).notNull().default(0),
  config: jsonb("config").notNull().default({}),
  promptHash: text("prompt_hash"),
  createdBy: text("created_by"),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().default(databaseNow),
  startedAt: timestamp("started_at", { withTimezone: true }),
  finishedAt: timestamp("finished_at", { withTimezone: true }),
});

export const attempts = pgTable(
  "attempts",
  {
    taskId: uuid("task_id").notNull(),
    number: smallint("number").notNull(),
    fence: bigint("fence", { mode: "number" }).notNull(),
    workerId: uuid("worker_id").notNull(),
    outcome: text("outcome", {
      enum: [
        "completed",
        "failed",
        "cancelled",
        "superseded",
        "skipped",
        "retried",
        "released",
        "worker_lost",
      ],
    }).notNull(),
    error: text("error"),
    startedAt: timestamp("started_at", { withTimezone: true }).notNull(),
    finishedAt: timestamp("finished_at", { withTimezone: true }).notNull().default(databaseNow),
  },
  (table) => [primaryKey({ columns: [table.taskId, table.fence] })],
);

export const findings = pgTable("findings", {
  id: uuid("id").primaryKey(),
  taskId: uuid("task_id").notNull(),
  pullRequestId: uuid("pull_request_id").notNull(),
  ordinal: integer("ordinal").notNull(),
  reviewer: text("reviewer", { enum: ["rules", "model", "agent"] }).notNull(),
  ruleId: text("rule_id"),
  path: text("path").notNull(),
  startLine: integer("start_line").notNull(),
  line: integer("line").notNull(),
  severity: text("severity", { enum: ["critical", "high", "medium", "low"] }).notNull(),
  category: text("category").notNull(),
  title: text("title").notNull(),
  body: text("body").notNull(),
  suggestion: text("suggestion"),
  reportedBy: text("reported_by").array().notNull(),
  fingerprint: text("fingerprint").notNull(),
  anchor: text("anchor").notNull(),
  originId: uuid("origin_id").notNull(),
  disposition: text("disposition", { enum: ["inline", "summary", "repeated", "withheld"] }).notNull(),
  withheldReason: text("withheld_reason", {
    enum: ["below_threshold", "unchanged_lines", "dismissed", "suppressed"],
  }),
  dismissedAt: timestamp("dismissed_at", { withTimezone: true }),
  dismissedBy: text("dismissed_by"),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().default(databaseNow),
});

export const reviewedLines = pgTable("reviewed_lines", {
  taskId: uuid("task_id").primaryKey(),
  pullRequestId: uuid("pull_request_id").notNull(),
  lines: bytea("lines").notNull(),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().default(databaseNow),
});

export const forgeAccounts = pgTable(
  "forge_accounts",
  {
    forge: text("forge", { enum: ["github", "gitlab"] }).notNull(),
    host: text("host").notNull(),
    login: text("login").notNull(),
  },
  (table) => [primaryKey({ columns: [table.forge, table.host] })],
);

export const commands = pgTable("commands", {
  id: uuid("id").primaryKey(),
  pullRequestId: uuid("pull_request_id").notNull(),
  forge: text("forge").notNull(),
  host: text("host").notNull(),
  commentKind: text("comment_kind", { enum: ["conversation", "thread"] }).notNull(),
  commentId: bigint("comment_id", { mode: "number" }).notNull(),
  threadId: bigint("thread_id", { mode: "number" }),
  authorExternalId: bigint("author_external_id", { mode: "number" }).notNull(),
  authorLogin: text("author_login").notNull(),
  name: text("name", {
    enum: ["review", "review_full", "pause", "resume", "resolve", "config", "help", "ask"],
  }).notNull(),
  text: text("text"),
  headSha: text("head_sha").notNull(),
  status: text("status", { enum: ["pending", "running", "done", "refused", "failed"] })
    .notNull()
    .default("pending"),
  reason: text("reason"),
  error: text("error"),
  permittedAt: timestamp("permitted_at", { withTimezone: true }),
  attemptCount: smallint("attempt_count").notNull().default(0),
  runAfter: timestamp("run_after", { withTimezone: true }).notNull().default(databaseNow),
  workerId: uuid("worker_id"),
  fence: bigint("fence", { mode: "number" }).notNull().default(0),
  taskId: uuid("task_id"),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().default(databaseNow),
  finishedAt: timestamp("finished_at", { withTimezone: true }),
});

export const modelCalls = pgTable("model_calls", {
  id: uuid("id").primaryKey(),
  ownerId: uuid("owner_id").notNull(),
  taskId: uuid("task_id"),
  commandId: uuid("command_id"),
  purpose: text("purpose", { enum: ["review", "repair", "answer"] }).notNull(),
  model: text("model").notNull(),
  promptHash: text("prompt_hash").notNull(),
  outcome: text("outcome").notNull(),
  usageKnown: boolean("usage_known").notNull(),
  inputTokens: integer("input_tokens"),
  cachedInputTokens: integer("cached_input_tokens"),
  outputTokens: integer("output_tokens"),
  costMicroDollars: bigint("cost_micro_dollars", { mode: "number" }),
  priceVersion: text("price_version"),
  durationMs: integer("duration_ms").notNull(),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().default(databaseNow),
});

export const contents = pgTable("contents", {
  digest: bytea("digest").primaryKey(),
  compressed: bytea("compressed").notNull(),
  bytes: bigint("bytes", { mode: "number" }).notNull(),
  keptAt: timestamp("kept_at", { withTimezone: true }).notNull().default(databaseNow),
});

export const taskRecords = pgTable(
  "task_records",
  {
    taskId: uuid("task_id").notNull(),
    kind: text("kind", { enum: ["input", "configuration", "prompt", "answer", "review"] }).notNull(),
    ordinal: integer("ordinal").notNull(),
    digest: bytea("digest").notNull(),
  },
  (table) => [primaryKey({ columns: [table.taskId, table.kind, table.ordinal] })],
);

export const contentBudgets = pgTable("content_budgets", {
  installationId: uuid("installation_id").primaryKey(),
  writes: timestamp("writes", { withTimezone: true }).array().notNull().default([]),
});

export const publications = pgTable("publications", {
  id: uuid("id").primaryKey(),
  taskId: uuid("task_id"),
  commandId: uuid("command_id"),
  pullRequestId: uuid("pull_request_id").notNull(),
  kind: text("kind", { enum: ["review", "summary", "check", "reply", "notice", "thread"] }).notNull(),
  state: text("state", { enum: ["intended", "uncertain", "posted", "failed", "abandoned"] }).notNull(),
  payload: jsonb("payload").notNull(),
  externalId: bigint("external_id", { mode: "number" }),
  attemptCount: smallint("attempt_count").notNull().default(0),
  fence: bigint("fence", { mode: "number" }).notNull().default(0),
  error: text("error"),
  attemptedAt: timestamp("attempted_at", { withTimezone: true }),
  runAfter: timestamp("run_after", { withTimezone: true }),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().default(databaseNow),
  postedAt: timestamp("posted_at", { withTimezone: true }),
});

export const reviewComments = pgTable("review_comments", {
  id: uuid("id").primaryKey(),
  taskId: uuid("task_id"),
  publicationId: uuid("publication_id").notNull(),
  findingId: uuid("finding_id"),
  pullRequestId: uuid("pull_request_id").notNull(),
  repositoryId: uuid("repository_id").notNull(),
  forge: text("forge").notNull(),
  host: text("host").notNull(),
  kind: text("kind", { enum: ["inline", "summary", "reply", "answer"] }).notNull(),
  externalId: bigint("external_id", { mode: "number" }).notNull(),
  nodeId: text("node_id").notNull(),
  path: text("path"),
  line: integer("line"),
  url: text("url").notNull(),
  postedAt: timestamp("posted_at", { withTimezone: true }).notNull(),
  nextPollAt: timestamp("next_poll_at", { withTimezone: true }),
  lastPolledAt: timestamp("last_polled_at", { withTimezone: true }),
  missingCount: smallint("missing_count").notNull().default(0),
  goneAt: timestamp("gone_at", { withTimezone: true }),
});

export const reviewFeedback = pgTable("review_feedback", {
  id: uuid("id").primaryKey(),
  commentId: uuid("comment_id").notNull(),
  kind: text("kind", { enum: ["reaction", "reply", "thread", "dismissal"] }).notNull(),
  externalId: bigint("external_id", { mode: "number" }),
  reactorExternalId: bigint("reactor_external_id", { mode: "number" }),
  reactorLogin: text("reactor_login"),
  reactorPermission: text("reactor_permission", { enum: ["admin", "write", "read", "none"] }),
  permissionAt: timestamp("permission_at", { withTimezone: true }),
  content: text("content").notNull(),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
  changedAt: timestamp("changed_at", { withTimezone: true }),
  removedAt: timestamp("removed_at", { withTimezone: true }),
});

export const suppressions = pgTable("suppressions", {
  id: uuid("id").primaryKey(),
  ownerId: uuid("owner_id").notNull(),
  repositoryId: uuid("repository_id"),
  kind: text("kind", { enum: ["rule", "category"] }).notNull(),
  subject: text("subject").notNull(),
  state: text("state", { enum: ["proposed", "approved", "refused", "expired"] })
    .notNull()
    .default("proposed"),
  evidence: jsonb("evidence").notNull(),
  proposedAt: timestamp("proposed_at", { withTimezone: true }).notNull().default(databaseNow),
  decidedAt: timestamp("decided_at", { withTimezone: true }),
  decidedBy: text("decided_by"),
  expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
});

export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    forge: text("forge").notNull(),
    host: text("host").notNull(),
    deliveryId: text("delivery_id").notNull(),
    event: text("event").notNull(),
    action: text("action"),
    outcome: text("outcome", {
      enum: ["queued", "skipped", "cancelled", "recorded", "duplicate", "stale", "ignored", "failed"],
    }).notNull(),
    reason: text("reason").notNull(),
    error: text("error"),
    taskId: uuid("task_id"),
    repository: text("repository"),
    pullRequestNumber: integer("pull_request_number"),
    repeatCount: integer("repeat_count").notNull().default(0),
    repeatedAt: timestamp("repeated_at", { withTimezone: true }),
    receivedAt: timestamp("received_at", { withTimezone: true }).notNull().default(databaseNow),
  },
  (table) => [primaryKey({ columns: [table.forge, table.host, table.deliveryId] })],
);

export const apiTokens = pgTable("api_tokens", {
  id: uuid("id").primaryKey(),
  name: text("name").notNull(),
  tokenHash: bytea("token_hash").notNull(),
  scopes: text("scopes").array().notNull(),
  ownerId: uuid("owner_id"),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().default(databaseNow),
  expiresAt: timestamp("expires_at", { withTimezone: true }),
  revokedAt: timestamp("revoked_at", { withTimezone: true }),
  lastUsedAt: timestamp("last_used_at", { withTimezone: true }),
});

export const syncRuns = pgTable("sync_runs", {
  id: uuid("id").primaryKey(),
  kind: text("kind", { enum: ["deliveries", "pull_requests"] }).notNull(),
  counts: jsonb("counts").notNull().default({}),
  checkpoint: timestamp("checkpoint", { withTimezone: true }),
  error: text("error"),
  startedAt: timestamp("started_at", { withTimezone: true }).notNull().default(databaseNow),
  finishedAt: timestamp("finished_at", { withTimezone: true }),
});
