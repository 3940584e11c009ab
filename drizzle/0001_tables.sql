-- The tables of design and the invariants they must hold. Times are the database's own (reviewd_now), forge ids
-- are bigint, our ids are UUIDv7 made by the application.

-- Tests move time by setting the shift; no role is granted the right to.
create table clock (
  id boolean primary key default true check (id),
  shift interval not null default '0'
);
insert into clock default values;

-- Stable, so that comparisons with it can use an index; evaluated once per statement.
create function reviewd_now() returns timestamptz language sql stable parallel safe as
  $$ select clock_timestamp() + (select shift from clock) $$;

create table owners (
  id uuid primary key,
  forge text not null check (forge in ('github', 'gitlab')),
  host text not null,
  external_id bigint not null,
  login text not null,
  kind text not null check (kind in ('user', 'organization')),
  plan text not null default 'active' check (plan in ('active', 'blocked')),
  max_running integer not null check (max_running between 0 and 1000),
  weight integer not null default 1 check (weight between 1 and 1000),
  -- Seats taken by this owner's ready and running tasks. Not indexed, so that its updates stay HOT.
  seats_in_use integer not null default 0 check (seats_in_use >= 0),
  -- The rank at which its turn comes again after its seats ran empty; written only when the number of seats is.
  next_rank bigint not null default 0,
  -- What its reviews use where a repository says nothing, as in .reviewd.yml.
  review_settings jsonb not null default '{}',
  created_at timestamptz not null default reviewd_now(),
  unique (forge, host, external_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_limit = 2000);

create table installations (
  id uuid primary key,
  owner_id uuid not null references owners,
  forge text not null,
  host text not null,
  external_id bigint not null,
  status text not null default 'active' check (status in ('active', 'suspended', 'deleted')),
  permissions jsonb not null default '{}',
  -- What somebody has to do before its pull requests can be reviewed again, since when, when a review may next try whether
  -- it was done, and when it was last told on a pull request.
  action_required text,
  action_required_at timestamptz,
  action_probe_at timestamptz,
  action_told_at timestamptz,
  created_at timestamptz not null default reviewd_now(),
  updated_at timestamptz not null default reviewd_now(),
  unique (forge, host, external_id),
  check ((action_required is null) = (action_required_at is null))
);
create index installations_owner on installations (owner_id);

create table repositories (
  id uuid primary key,
  owner_id uuid not null references owners,
  installation_id uuid references installations,
  forge text not null,
  host text not null,
  external_id bigint not null,
  full_name text not null,
  default_branch text,
  private boolean not null,
  review_mode text not null default 'on' check (review_mode in ('on', 'off', 'label', 'dry_run')),
  -- When its open pull requests were last looked through.
  swept_at timestamptz,
  created_at timestamptz not null default reviewd_now(),
  updated_at timestamptz not null default reviewd_now(),
  unique (forge, host, external_id)
);
create index repositories_owner on repositories (owner_id);
create index repositories_installation on repositories (installation_id);

-- The last valid configuration read on each base branch: what decides whether a head is queued, and what is used while
-- the newest file is not valid.
create table repository_configurations (
  repository_id uuid not null references repositories on delete cascade,
  base_ref text not null,
  -- The commit it was read at; settings are what the file says, empty where there is none.
  commit_sha text not null,
  settings jsonb not null,
  -- When the review began that read it: of two, the later one knows better.
  read_at timestamptz not null default reviewd_now(),
  -- When a push came that may have changed the file; null: none did since it was read.
  stale_at timestamptz,
  primary key (repository_id, base_ref)
);

-- Facts of the newest known head. forge_updated_at orders events that arrive out of order.
create table pull_requests (
  id uuid primary key,
  repository_id uuid not null references repositories,
  number integer not null check (number > 0),
  state text not null check (state in ('open', 'closed')),
  merged boolean not null default false check (state = 'closed' or not merged),
  draft boolean not null default false,
  title text not null,
  author_external_id bigint,
  author_login text,
  author_is_bot boolean not null default false,
  from_fork boolean not null default false,
  labels text[] not null default '{}',
  head_sha text not null,
  base_ref text not null,
  base_sha text not null,
  forge_updated_at timestamptz not null,
  closed_at timestamptz,
  -- Set while a person has paused its reviews.
  paused_at timestamptz,
  created_at timestamptz not null default reviewd_now(),
  unique (repository_id, number)
);

-- One row per process start; a process whose row is gone has lost its tasks (design.md, leases and fences).
create table workers (
  id uuid primary key,
  role text not null,
  started_at timestamptz not null default reviewd_now(),
  expires_at timestamptz not null,
  -- A task that was lost twice and for which this process lets its other runs end, to run it alone.
  reserved_task_id uuid
) with (fillfactor = 50);

-- Enums, where other tables have text with a check, and one check for the whole row that is a compiled function: the
-- expressions of checks are read anew by every statement that writes a row, which took longer than the writing.
create type task_trigger as enum ('webhook', 'sweep', 'manual', 'command', 'rerequest');
-- What of the diff is commented: after the first review only what changed since, or all of it again.
create type task_scope as enum ('changes', 'full');
create type task_output_mode as enum ('forge', 'app');
create type task_status as enum
  ('pending', 'running', 'completed', 'failed', 'cancelled', 'superseded', 'skipped');
create type task_placement as enum ('ready', 'waiting', 'held', 'delayed');
create type task_stop_reason as enum
  ('requested', 'new_head', 'retargeted', 'closed', 'draft', 'label_missing', 'uninstalled', 'suspended',
   'repository_removed', 'repository_off', 'plan_blocked');
create type task_reason as enum (
  -- completed
  'reviewed', 'merge_only', 'nothing_to_review', 'model_fallback',
  -- skipped
  'draft', 'bot_author', 'label_missing', 'repository_off', 'plan_blocked', 'fork_policy', 'disabled', 'label_excluded',
  'paused', 'author_limit',
  -- superseded
  'new_head', 'retargeted',
  -- cancelled (draft, repository_off and plan_blocked can end an unfinished task, too)
  'requested', 'closed', 'uninstalled', 'suspended', 'repository_removed',
  -- pending again
  'retry', 'worker_lost', 'released', 'content_budget', 'action_required',
  -- failed (worker_lost, too)
  'attempts_exhausted', 'permission_denied', 'pull_request_gone', 'internal_error',
  'model_output_invalid', 'model_refused', 'model_unauthorized', 'model_rejected', 'model_not_set_up');

create function is_task_consistent(
  status task_status, placement task_placement, worker_id uuid, stop_requested task_stop_reason, reason task_reason,
  rank bigint, run_after timestamptz, finished_at timestamptz, attempt_count smallint, max_attempts smallint,
  lost_count smallint
) returns boolean language plpgsql immutable as $$
begin
  return (status = 'pending') = (placement is not null)
    and (status = 'running') = (worker_id is not null)
    and (finished_at is null) = (status in ('pending', 'running'))
    and (finished_at is null or reason is not null)
    and (rank is not null or (worker_id is null and placement is distinct from 'ready'))
    and (run_after is not null or placement is distinct from 'delayed')
    and (stop_requested is null or worker_id is not null)
    and attempt_count between 0 and max_attempts and max_attempts > 0
    and lost_count between 0 and 3;
end $$;

create table tasks (
  id uuid primary key,
  owner_id uuid not null references owners,
  repository_id uuid not null references repositories,
  pull_request_id uuid not null references pull_requests,
  trigger task_trigger not null,
  output_mode task_output_mode not null,
  scope task_scope not null default 'changes',
  head_sha text collate "C" not null,
  base_ref text collate "C" not null,
  status task_status not null,
  -- Where a pending task stands: ready holds a seat and its pull request; waiting lacks a seat; held lacks its
  -- pull request; delayed is not due yet.
  placement task_placement,
  -- Why a running task shall stop; it keeps seat and pull request until its worker settles it or is lost.
  stop_requested task_stop_reason,
  reason task_reason,
  error text,
  priority smallint not null default 0,
  -- The order in which ready tasks are claimed: virtual time, see 0002_seats.sql. Kept when it runs and after.
  rank bigint,
  run_after timestamptz,
  lost_count smallint not null default 0,
  attempt_count smallint not null default 0,
  max_attempts smallint not null,
  worker_id uuid,
  fence bigint not null default 0,
  -- The effective configuration with its origins, once it was read; and the prompt's version where a model was asked.
  config jsonb not null default '{}',
  prompt_hash text,
  created_by text,
  created_at timestamptz not null default reviewd_now(),
  started_at timestamptz,
  finished_at timestamptz,
  constraint tasks_are_consistent check (is_task_consistent(status, placement, worker_id, stop_requested, reason, rank,
    run_after, finished_at, attempt_count, max_attempts, lost_count))
) with (
  -- Vacuum comes early and works fast: what was claimed leaves dead entries where the next claim begins to search.
  fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_limit = 2000,
  autovacuum_analyze_scale_factor = 0.05
);

create index tasks_ready on tasks (rank, id) where placement = 'ready';
create index tasks_suspect on tasks (rank, id) where placement = 'ready' and lost_count >= 2;
create index tasks_waiting on tasks (owner_id, priority, id) where placement = 'waiting';
create index tasks_held on tasks (pull_request_id, priority, id) where placement = 'held';
create index tasks_due on tasks (run_after, id) where placement = 'delayed';
create index tasks_running on tasks (worker_id) where status = 'running';
create index tasks_unfinished on tasks (pull_request_id) where status in ('pending', 'running');
create index tasks_failed on tasks (finished_at) where status = 'failed';
create index tasks_by_repository on tasks (repository_id, id);
create index tasks_by_owner on tasks (owner_id, id);
-- One automatic task per head commit and base; a failed, cancelled or superseded one may be followed by another.
create unique index tasks_one_automatic on tasks (pull_request_id, head_sha, base_ref)
  where trigger in ('webhook', 'sweep') and status in ('pending', 'running', 'completed');
-- For those born so; a run may come to the same end when a gate was opened and closed again.
create unique index tasks_one_skip_per_reason on tasks (pull_request_id, head_sha, base_ref, reason)
  where status = 'skipped' and started_at is null;
-- One publisher per pull request: the next one is held until this one lets go.
create unique index tasks_one_publisher on tasks (pull_request_id)
  where output_mode = 'forge' and (status = 'running' or placement in ('ready', 'waiting'));

-- One row per execution, written when it ends.
create table attempts (
  task_id uuid not null references tasks on delete cascade,
  number smallint not null,
  fence bigint not null,
  worker_id uuid not null,
  outcome text not null check
    (outcome in ('completed', 'failed', 'cancelled', 'superseded', 'skipped', 'retried', 'released', 'worker_lost')),
  error text,
  started_at timestamptz not null,
  finished_at timestamptz not null default reviewd_now(),
  primary key (task_id, fence)
);

create table findings (
  id uuid primary key,
  task_id uuid not null references tasks on delete cascade,
  pull_request_id uuid not null references pull_requests,
  -- Most severe first; the order they are shown in.
  ordinal integer not null check (ordinal >= 0),
  reviewer text not null check (reviewer in ('rules', 'model', 'agent')),
  rule_id text,
  path text not null,
  start_line integer not null check (start_line > 0),
  line integer not null check (line >= start_line),
  severity text not null check (severity in ('critical', 'high', 'medium', 'low')),
  category text not null,
  title text not null,
  body text not null,
  suggestion text,
  -- Every reviewer that reported it, the one whose words are kept first.
  reported_by text[] not null check (cardinality(reported_by) > 0 and reported_by[1] = reviewer),
  -- What is said about which text in which file; and the text alone, which stays when the file moves or the words vary.
  fingerprint text not null,
  anchor text not null,
  -- The first finding of the same problem on this pull request; its own id where it is new.
  origin_id uuid not null,
  -- inline and summary are posted so; repeated was said on an earlier head and stays silent; withheld is not said at all.
  disposition text not null check (disposition in ('inline', 'summary', 'repeated', 'withheld')),
  withheld_reason text check (withheld_reason in ('below_threshold', 'unchanged_lines', 'dismissed', 'suppressed')),
  -- On the origin: a person said that it shall not be said again.
  dismissed_at timestamptz,
  dismissed_by text,
  created_at timestamptz not null default reviewd_now(),
  unique (task_id, ordinal),
  check ((disposition = 'withheld') = (withheld_reason is not null))
);
create index findings_pull_request on findings (pull_request_id, origin_id);
create index findings_created on findings (created_at);

-- The lines a review read, as packed hashes: what is not among them was changed since.
create table reviewed_lines (
  task_id uuid primary key references tasks on delete cascade,
  pull_request_id uuid not null references pull_requests,
  lines bytea not null,
  created_at timestamptz not null default reviewd_now()
);
create index reviewed_lines_pull_request on reviewed_lines (pull_request_id);

-- Our own account on each forge, as a process that signed in last saw it: who is meant where people address us.
create table forge_accounts (
  forge text not null check (forge in ('github', 'gitlab')),
  host text not null,
  login text not null,
  primary key (forge, host)
);

-- What people ask for in comments. Claimed by a dispatcher, which asks the forge what the author may do.
create table commands (
  id uuid primary key,
  pull_request_id uuid not null references pull_requests,
  forge text not null,
  host text not null,
  -- Where it was said: in the conversation, or in a review's thread that starts with thread_id.
  comment_kind text not null check (comment_kind in ('conversation', 'thread')),
  comment_id bigint not null,
  thread_id bigint,
  author_external_id bigint not null,
  author_login text not null,
  name text not null check
    (name in ('review', 'review_full', 'pause', 'resume', 'resolve', 'config', 'help', 'ask')),
  -- The question, where it is one.
  text text,
  head_sha text not null,
  status text not null default 'pending' check (status in ('pending', 'running', 'done', 'refused', 'failed')),
  reason text,
  error text,
  -- When the forge said that its author may; only who may is told of what came of it.
  permitted_at timestamptz,
  attempt_count smallint not null default 0,
  run_after timestamptz not null default reviewd_now(),
  worker_id uuid,
  fence bigint not null default 0,
  task_id uuid references tasks on delete set null,
  created_at timestamptz not null default reviewd_now(),
  finished_at timestamptz,
  unique (forge, host, comment_kind, comment_id),
  check ((comment_kind = 'thread') = (thread_id is not null)),
  check ((status = 'running') = (worker_id is not null)),
  check ((status in ('pending', 'running')) = (finished_at is null))
);
create index commands_due on commands (run_after, id) where status = 'pending';
create index commands_running on commands (worker_id) where status = 'running';
create index commands_task on commands (task_id) where task_id is not null;
create index commands_pull_request on commands (pull_request_id, id);

-- One call of a language model. Kept for its costs when its task is gone.
create table model_calls (
  id uuid primary key,
  owner_id uuid not null references owners,
  task_id uuid references tasks on delete set null,
  command_id uuid references commands on delete set null,
  purpose text not null check (purpose in ('review', 'repair', 'answer')),
  -- provider/model
  model text not null,
  prompt_hash text not null,
  outcome text not null,
  -- False where the provider did not say; then the tokens are null.
  usage_known boolean not null,
  input_tokens integer,
  cached_input_tokens integer,
  output_tokens integer,
  -- Null where no price is known for the model.
  cost_micro_dollars bigint,
  price_version text,
  duration_ms integer not null,
  created_at timestamptz not null default reviewd_now(),
  check (usage_known = (input_tokens is not null and output_tokens is not null)),
  check ((cost_micro_dollars is null) = (price_version is null))
);
create index model_calls_task on model_calls (task_id) where task_id is not null;
create index model_calls_owner on model_calls (owner_id, created_at);
create index model_calls_command on model_calls (command_id) where command_id is not null;

-- What runs saw and got, kept once however often it occurs, compressed.
create table contents (
  -- SHA-256 of the content before compression.
  digest bytea primary key check (length(digest) = 32),
  compressed bytea not null,
  -- Before compression.
  bytes bigint not null,
  -- When it was last kept for a task, to the day.
  kept_at timestamptz not null default reviewd_now()
);
create index contents_kept_at on contents (kept_at);
create table task_records (
  task_id uuid not null references tasks on delete cascade,
  kind text not null check (kind in ('input', 'configuration', 'prompt', 'answer', 'review')),
  ordinal integer not null,
  digest bytea not null references contents,
  primary key (task_id, kind, ordinal)
);
create index task_records_digest on task_records (digest);

-- What one installation wrote to its forge within the last hour, oldest first: all dispatchers share its limits.
create table content_budgets (
  installation_id uuid primary key references installations on delete cascade,
  writes timestamptz[] not null default '{}'
) with (fillfactor = 50);

-- The outbox: every intended write to the forge, frozen before the first one is made.
create table publications (
  id uuid primary key,
  task_id uuid references tasks on delete cascade,
  command_id uuid references commands on delete cascade,
  pull_request_id uuid not null references pull_requests,
  -- notice: that a review failed or needs somebody to act; thread: the end of a thread whose finding is gone.
  kind text not null check (kind in ('review', 'summary', 'check', 'reply', 'notice', 'thread')),
  state text not null check (state in ('intended', 'uncertain', 'posted', 'failed', 'abandoned')),
  payload jsonb not null,
  external_id bigint,
  attempt_count smallint not null default 0,
  fence bigint not null default 0,
  error text,
  -- When the last write was started: a takeover waits one HTTP timeout past it before it looks for the marker.
  attempted_at timestamptz,
  run_after timestamptz,
  created_at timestamptz not null default reviewd_now(),
  posted_at timestamptz,
  check (state <> 'posted' or posted_at is not null)
);
create unique index publications_one_per_kind on publications (task_id, kind) where kind in ('review', 'summary', 'check', 'notice');
create index publications_command on publications (command_id) where command_id is not null;
create index publications_task on publications (task_id);
create index publications_pull_request on publications (pull_request_id);
create index publications_open on publications (coalesce(run_after, created_at)) where state in ('intended', 'uncertain');

create table review_comments (
  id uuid primary key,
  -- Null: an answer to a command.
  task_id uuid references tasks on delete cascade,
  publication_id uuid not null references publications on delete cascade,
  finding_id uuid references findings on delete set null,
  pull_request_id uuid not null references pull_requests,
  -- The pull request's, which never changes: what is due is found by it (comment-polls.ts).
  repository_id uuid not null references repositories,
  forge text not null,
  host text not null,
  -- A reply is in a thread of the diff, an answer in the conversation: the forge numbers the two apart.
  kind text not null check (kind in ('inline', 'summary', 'reply', 'answer')),
  external_id bigint not null,
  node_id text not null,
  path text,
  line integer,
  url text not null,
  posted_at timestamptz not null,
  -- Null: its reactions are not read any more.
  next_poll_at timestamptz,
  last_polled_at timestamptz,
  missing_count smallint not null default 0,
  gone_at timestamptz,
  unique (forge, host, kind, external_id),
  check (gone_at is null or next_poll_at is null)
);
create unique index review_comments_one_summary on review_comments (pull_request_id)
  where kind = 'summary' and gone_at is null;
create index review_comments_task on review_comments (task_id);
create index review_comments_publication on review_comments (publication_id);
create index review_comments_finding on review_comments (finding_id) where finding_id is not null;
create index review_comments_pull_request on review_comments (pull_request_id);
create index review_comments_inline on review_comments (posted_at) where kind = 'inline';
create index review_comments_due on review_comments (repository_id, next_poll_at, id) include (last_polled_at)
  where next_poll_at is not null;

create table review_feedback (
  id uuid primary key,
  comment_id uuid not null references review_comments on delete cascade,
  kind text not null check (kind in ('reaction', 'reply', 'thread', 'dismissal')),
  -- The reaction's or reply's own id at the forge.
  external_id bigint,
  reactor_external_id bigint,
  reactor_login text,
  -- What the person may do with the repository, where that was asked: on a public one anybody can react.
  reactor_permission text check (reactor_permission in ('admin', 'write', 'read', 'none')),
  permission_at timestamptz,
  content text not null,
  created_at timestamptz not null,
  -- Of a reply or a thread: when the forge says it came to be as it is. Orders events that arrive out of order.
  changed_at timestamptz,
  removed_at timestamptz,
  check (kind not in ('reaction', 'reply') or external_id is not null)
);
-- Not only where there is an id, so that it also finds all of a comment: an index for that made writing a sixth dearer.
create unique index review_feedback_one_each on review_feedback (comment_id, kind, external_id);
-- A comment's thread is resolved or not, its review dismissed or not: by whom, the last one tells.
create unique index review_feedback_one_state on review_feedback (comment_id, kind)
  where kind in ('thread', 'dismissal');
-- What was asked about somebody lately is not asked again.
create index review_feedback_reactor on review_feedback (reactor_external_id, permission_at)
  where permission_at is not null;
-- What people dislike, which is little: the next reviews of the repository are told of it.
create index review_feedback_disliked on review_feedback (created_at)
  where kind = 'reaction' and content = '-1' and removed_at is null;

-- What an owner's reviews do not say any more because people disliked it: proposed by what they gave to comments, and in
-- force only once a person has approved it.
create table suppressions (
  id uuid primary key,
  owner_id uuid not null references owners on delete cascade,
  -- Null: in all of the owner's repositories.
  repository_id uuid references repositories on delete cascade,
  -- A category's findings are those that come from no named rule.
  kind text not null check (kind in ('rule', 'category')),
  -- The rule's id or the category's name.
  subject text not null check (subject <> ''),
  state text not null default 'proposed' check (state in ('proposed', 'approved', 'refused', 'expired')),
  -- The votes it rests on, as they were counted last.
  evidence jsonb not null,
  proposed_at timestamptz not null default reviewd_now(),
  -- By whom, as it is shown. Null: nobody has decided, or nobody did in time.
  decided_at timestamptz,
  decided_by text,
  -- Of a proposal: when it lapses undecided; of an approved one: until when it holds; of a refused one: before then the
  -- same is not proposed again.
  expires_at timestamptz not null,
  check ((decided_at is null) = (decided_by is null)),
  check (state not in ('approved', 'refused') or decided_at is not null),
  check (state <> 'proposed' or decided_at is null)
);
create unique index suppressions_one_live on suppressions (owner_id, repository_id, kind, subject)
  nulls not distinct where state in ('proposed', 'approved');
create index suppressions_owner on suppressions (owner_id, id);
create index suppressions_repository on suppressions (repository_id) where repository_id is not null;

create table webhook_deliveries (
  forge text not null,
  host text not null,
  delivery_id text not null,
  event text not null,
  action text,
  outcome text not null check (outcome in
    ('queued', 'skipped', 'cancelled', 'recorded', 'duplicate', 'stale', 'ignored', 'failed')),
  reason text not null,
  error text,
  task_id uuid references tasks on delete set null,
  repository text,
  pull_request_number integer,
  -- Further calls with the same delivery id, and when the last one came.
  repeat_count integer not null default 0,
  repeated_at timestamptz,
  received_at timestamptz not null default reviewd_now(),
  primary key (forge, host, delivery_id)
);
create index webhook_deliveries_received on webhook_deliveries (received_at);
create index webhook_deliveries_task on webhook_deliveries (task_id) where task_id is not null;

create table api_tokens (
  id uuid primary key,
  name text not null check (name <> ''),
  token_hash bytea not null unique,
  scopes text[] not null check (cardinality(scopes) > 0 and scopes <@ array[
    'review:read', 'review:write', 'settings:write', 'catalog:read', 'catalog:write', 'admin']),
  -- Null: instance-wide.
  owner_id uuid references owners on delete cascade,
  created_at timestamptz not null default reviewd_now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index api_tokens_owner on api_tokens (owner_id);

create table sync_runs (
  id uuid primary key,
  kind text not null check (kind in ('deliveries', 'pull_requests')),
  counts jsonb not null default '{}',
  -- Everything the forge told before it is settled; the next run begins there. Null: this run did not get so far.
  checkpoint timestamptz,
  error text,
  started_at timestamptz not null default reviewd_now(),
  finished_at timestamptz
);
create index sync_runs_kind on sync_runs (kind, started_at);
