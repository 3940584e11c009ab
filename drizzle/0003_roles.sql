-- One database role per reviewd role, with what it needs and no more. They cannot log in: the operator makes a login
-- for each and grants it the role (`grant reviewd_serve to …`). Where the migrating user may not create roles, all
-- reviewd roles use its own login and these grants are left out.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['reviewd_serve', 'reviewd_dispatcher', 'reviewd_poller', 'reviewd_syncer'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I nologin', wanted);
    end if;
  end loop;
exception
  when insufficient_privilege then
    raise notice 'no role of its own for each part of reviewd: creating roles is not allowed here';
  -- Two databases of one cluster being migrated at the same time: the other one has made them.
  when duplicate_object or unique_violation then null;
end $$;

do $$
begin
  if (select count(*) from pg_roles
      where rolname in ('reviewd_serve', 'reviewd_dispatcher', 'reviewd_poller', 'reviewd_syncer')) < 4 then
    return;
  end if;

  -- What several need.
  grant select on clock, schema_migrations to reviewd_serve, reviewd_dispatcher, reviewd_poller, reviewd_syncer;
  grant select on owners, installations, repositories, pull_requests, tasks
    to reviewd_serve, reviewd_dispatcher, reviewd_poller, reviewd_syncer;
  grant select, usage on sequence virtual_time to reviewd_serve, reviewd_dispatcher, reviewd_syncer;
  -- The queue as it is shown and watched.
  grant select on broken_seats to reviewd_serve, reviewd_dispatcher, reviewd_syncer;
  grant select on workers to reviewd_serve, reviewd_syncer;

  -- Intake: facts, tasks and the closing of checks. Seats are owners' rows.
  grant insert, update on owners, installations, repositories, pull_requests, tasks to reviewd_serve, reviewd_syncer;
  grant select, insert, update on webhook_deliveries to reviewd_serve, reviewd_syncer;
  grant select, insert, update on publications to reviewd_serve, reviewd_syncer;
  grant select, update on review_comments to reviewd_serve, reviewd_syncer;
  grant select on findings, attempts to reviewd_serve;
  -- Replies, ended threads and dismissed reviews are told by webhook.
  grant select, insert, update on review_feedback to reviewd_serve;
  grant select, insert, update on commands, repository_configurations to reviewd_serve, reviewd_syncer;
  grant select on model_calls, forge_accounts to reviewd_serve;
  grant select, update on suppressions to reviewd_serve;
  grant select on api_tokens to reviewd_serve;
  grant update (last_used_at) on api_tokens to reviewd_serve;

  -- Running and publishing.
  grant update on owners, pull_requests, tasks to reviewd_dispatcher;
  -- Only to hold a repository against changes while a command starts a review there.
  grant update (updated_at) on repositories to reviewd_dispatcher;
  grant update on sequence virtual_time to reviewd_dispatcher;
  grant select, insert, update, delete on workers to reviewd_dispatcher;
  grant select, insert on attempts to reviewd_dispatcher;
  grant select, insert, update on findings, publications, review_comments to reviewd_dispatcher;
  grant insert on tasks to reviewd_dispatcher;
  grant select, insert, update on commands, repository_configurations, content_budgets to reviewd_dispatcher;
  grant select, insert on model_calls to reviewd_dispatcher;
  grant select, insert, update on contents to reviewd_dispatcher;
  grant select, insert, delete on task_records to reviewd_dispatcher;
  grant select, insert, update on forge_accounts to reviewd_dispatcher;
  grant select, insert, delete on reviewed_lines to reviewd_dispatcher;
  grant select on review_feedback, suppressions to reviewd_dispatcher;
  grant update on installations to reviewd_dispatcher;

  -- Reading reactions.
  grant select, update on review_comments to reviewd_poller;
  grant select, insert, update on review_feedback to reviewd_poller;

  grant select, insert, update on sync_runs to reviewd_syncer;
  -- How good reviews are, on /metrics, and what people dislike: not what was found, nor their names and words.
  grant select (task_id, id, disposition, category, rule_id, reviewer, created_at) on findings to reviewd_syncer;
  grant select (id, comment_id, kind, external_id, content, reactor_external_id, reactor_permission, removed_at)
    on review_feedback to reviewd_syncer;
  grant select, insert, update on suppressions to reviewd_syncer;

  -- Retention. What hangs on a task goes with it, which needs no right of its own.
  grant select (digest, kept_at), update (kept_at), delete on contents to reviewd_syncer;
  grant select, delete on task_records to reviewd_syncer;
  grant delete on webhook_deliveries, sync_runs, tasks, commands to reviewd_syncer;
end $$;

-- A long transaction keeps vacuum from every table, whoever's it is. How long others' have been open is told to members
-- of this role only; what else it shows (their queries) nobody else of reviewd gets to see.
do $$
begin
  if exists (select from pg_roles where rolname = 'reviewd_syncer')
    and not pg_has_role('reviewd_syncer', 'pg_read_all_stats', 'member') then
    grant pg_read_all_stats to reviewd_syncer;
  end if;
exception
  when insufficient_privilege then
    raise notice 'reviewd_syncer sees no transactions but its own: granting pg_read_all_stats is not allowed here';
  -- Two databases of one cluster being migrated at the same time.
  when unique_violation then null;
end $$;
