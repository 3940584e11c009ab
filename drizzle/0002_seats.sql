-- Seats: a task is ready only when it holds one of its owner's seats and its pull request is free, so that claiming
-- is a scan of the few ready rows and touches no owner. All the work of placing happens here, at enqueue and release.
--
-- One lock order everywhere: pull request rows by id, then owner rows by id, then task rows by id. plpgsql gives each
-- statement a fresh snapshot, so what is decided after a lock is decided on what the last holder left.
--
-- Shares: ready tasks are claimed in order of rank, which is the start tag of start-time fair queueing (Goyal, Vin and
-- Cheng, 1996). Virtual time is the highest rank claimed so far. A task of an owner with weight w takes 1,000,000 / w
-- of it: the k-th seat an owner takes begins at virtual time + k such steps, and whoever takes over a seat begins
-- max_running steps after the one before. So busy owners take turns by weight, an idle one's first task goes next, and
-- the owner's row need not be written while its seats pass from task to task.
--
-- The entry points pin their plans: tables grow faster than their statistics, and one scan of all tasks in place of an
-- index would stop the queue.

-- A sequence, because it is written in place: no row versions pile up behind a long transaction. Two claims at the
-- same moment may set it back by a little, which does no harm.
create sequence virtual_time minvalue 0 start 0;

-- Takes the locks that placing or ending tasks of these pull requests needs; further owners (of a task about to be
-- inserted) are locked in the same order.
create function lock_places(pull_request_ids uuid[], owner_ids uuid[] default '{}') returns void
language plpgsql as $$
declare
  concerned_ids uuid[];
begin
  perform from pull_requests where id = any (pull_request_ids) order by id for no key update;
  concerned_ids := owner_ids || array(
    select owner_id from tasks where pull_request_id = any (pull_request_ids) and status in ('pending', 'running'));
  perform from owners where id = any (concerned_ids) order by id for no key update;
end $$;

-- Gives free seats to waiting tasks, most urgent first, and says how many became ready. The owners are those of seats
-- just given back, each with the rank of the task that held it, and those with rank null whose tasks or cap changed.
-- Caller holds the locks.
create function fill_seats(seat_owner_ids uuid[], seat_ranks bigint[]) returns integer
language plpgsql as $$
declare
  virtual_now bigint := (select last_value from virtual_time);
  promoted_count integer;
begin
  with freed as (
    select owner_id, count(rank)::integer as seats, array_agg(rank order by rank) as ranks
    from unnest(seat_owner_ids, seat_ranks) as seat (owner_id, rank) group by owner_id
  ), room as (
    select owners.id, freed.seats, freed.ranks, owners.seats_in_use - freed.seats as kept, owners.max_running,
      1000000 / owners.weight as step
    from freed join owners on owners.id = freed.owner_id
  ), next as (
    select waiting.id, room.id as owner_id,
      coalesce(greatest(room.ranks[waiting.place] + room.max_running * room.step, virtual_now),
        virtual_now + (room.kept + waiting.place - 1) * room.step) as rank
    from room cross join lateral (
      select id, row_number() over (order by priority, id) as place from (
        select id, priority from tasks where owner_id = room.id and placement = 'waiting'
        order by priority, id limit greatest(0, room.max_running - room.kept)
      ) as most_urgent
    ) as waiting
  ), promoted as (
    update tasks set placement = 'ready', rank = next.rank from next where tasks.id = next.id
    returning tasks.owner_id
  ), taken as (
    select owner_id, count(*)::integer as seats from promoted group by owner_id
  ), counted as (
    update owners set seats_in_use = room.kept + coalesce(taken.seats, 0)
    from room left join taken on taken.owner_id = room.id
    where owners.id = room.id and room.seats <> coalesce(taken.seats, 0)
  )
  select count(*) into promoted_count from promoted;
  return promoted_count;
end $$;

-- The one way out of ready, waiting and running, called after the rows were changed: gives back their seats, lets the
-- next held task of each freed pull request in, under its own owner, and fills what is free. Caller holds the locks.
-- Says how many tasks became ready.
create function release_seats(seat_owner_ids uuid[], seat_ranks bigint[], freed_pull_request_ids uuid[]) returns integer
language plpgsql as $$
declare
  entrant_owner_ids uuid[];
begin
  with next as (
    select distinct on (pull_request_id) id from tasks
    where pull_request_id = any (freed_pull_request_ids) and placement = 'held' order by pull_request_id, priority, id
  ), entered as (
    update tasks set placement = 'waiting' from next where tasks.id = next.id returning owner_id
  )
  select array_agg(owner_id) into entrant_owner_ids from entered;
  return fill_seats(seat_owner_ids || entrant_owner_ids,
    seat_ranks || array_fill(null::bigint, array[coalesce(cardinality(entrant_owner_ids), 0)]));
end $$;

-- Says whether a task of this pull request holds it, so that another one that publishes must be held.
create function is_pull_request_busy(of_pull_request_id uuid) returns boolean
language sql stable as $$
  select exists (select from tasks where pull_request_id = of_pull_request_id and output_mode = 'forge'
    and (status = 'running' or placement in ('ready', 'waiting')))
$$;

-- Queues a task and places it. Where an unfinished or completed automatic task of the same head and base stands in for
-- it, that one's id is the answer.
create function enqueue_task(
  new_id uuid, of_owner_id uuid, of_repository_id uuid, of_pull_request_id uuid, of_trigger text, of_output_mode text,
  of_head_sha text, of_base_ref text, of_priority smallint, of_max_attempts smallint, of_created_by text, of_config jsonb,
  out task_id uuid, out created boolean
) language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  owner owners;
  place text;
begin
  perform lock_places(array[of_pull_request_id], array[of_owner_id]);
  select * into strict owner from owners where id = of_owner_id;
  place := case
    when of_output_mode = 'forge' and is_pull_request_busy(of_pull_request_id) then 'held'
    when owner.seats_in_use < owner.max_running then 'ready'
    else 'waiting' end;
  insert into tasks (id, owner_id, repository_id, pull_request_id, trigger, output_mode, head_sha, base_ref, status,
      placement, priority, max_attempts, created_by, config, rank)
    values (new_id, of_owner_id, of_repository_id, of_pull_request_id, of_trigger, of_output_mode, of_head_sha,
      of_base_ref, 'pending', place, of_priority, of_max_attempts, of_created_by, of_config,
      case place when 'ready' then
        (select last_value from virtual_time) + owner.seats_in_use * (1000000 / owner.weight) end)
    on conflict do nothing;
  created := found;
  task_id := new_id;
  if not created then
    select id into strict task_id from tasks
      where pull_request_id = of_pull_request_id and head_sha = of_head_sha and base_ref = of_base_ref
        and trigger in ('webhook', 'sweep') and status in ('pending', 'running', 'completed');
  elsif place = 'ready' then
    update owners set seats_in_use = seats_in_use + 1 where id = of_owner_id;
    perform pg_notify('reviewd_ready', '');
  end if;
end $$;

-- Places delayed tasks whose time has come, the longest due first, and says how many.
create function place_due_tasks(batch_size integer) returns integer language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  time_now timestamptz := reviewd_now();
  due_ids uuid[] := array(
    select id from tasks where placement = 'delayed' and run_after <= time_now order by run_after, id limit batch_size);
  due tasks;
  placed_count integer := 0;
  ready_count integer := 0;
begin
  if cardinality(due_ids) = 0 then return 0; end if;
  perform lock_places(array(select pull_request_id from tasks where id = any (due_ids)));
  for due in select * from tasks where id = any (due_ids) order by priority, id loop
    update tasks set run_after = null, placement =
        case when due.output_mode = 'forge' and is_pull_request_busy(due.pull_request_id) then 'held' else 'waiting' end
      where id = due.id and placement = 'delayed' and run_after <= time_now;
    if found then
      placed_count := placed_count + 1;
      ready_count := ready_count + fill_seats(array[due.owner_id], array[null]::bigint[]);
    end if;
  end loop;
  if ready_count > 0 then perform pg_notify('reviewd_ready', ''); end if;
  return placed_count;
end $$;

-- Takes ready tasks in order of rank for a worker whose lease holds. A task lost twice with its process is taken by an
-- idle process alone; a busy one that comes upon it reserves it and claims nothing until its other runs have ended.
create function claim_tasks(
  of_worker_id uuid, reserved_id uuid, claim_limit integer, is_idle boolean, from_rank bigint
) returns setof tasks language plpgsql as $$
declare
  time_now timestamptz := reviewd_now();
  suspect_id uuid;
begin
  select id into suspect_id from tasks
    where placement = 'ready' and lost_count >= 2 and (id = reserved_id
      or not exists (select from workers where workers.reserved_task_id = tasks.id and expires_at > time_now))
    order by id = reserved_id desc, rank, id limit 1;
  if suspect_id is distinct from reserved_id then
    update workers set reserved_task_id = suspect_id where id = of_worker_id;
  end if;
  if suspect_id is not null and not is_idle then return; end if;
  return query
    with next as materialized (
      select id from tasks
      where placement = 'ready' and rank >= from_rank and lost_count < 2 and suspect_id is null
      order by rank, id limit claim_limit for no key update skip locked
    ), suspect as materialized (
      select id from tasks where id = suspect_id and placement = 'ready' for no key update skip locked
    )
    update tasks set status = 'running', placement = null, run_after = null, reason = null, worker_id = of_worker_id,
      fence = fence + 1, attempt_count = attempt_count + 1, started_at = time_now
    from (select id from next union all select id from suspect) as claimed
    where tasks.id = claimed.id returning tasks.*;
end $$;

-- One round trip for a dispatcher process: settles the runs it completed, each only while the worker's lease and the
-- run's fence hold, hands their seats on, and claims what it may run next. Other outcomes than completed need a look at
-- the task first and settle one by one.
--
-- Answers {"settled": ids of the runs settled, "claimed": tasks, "lowestRank": of the claimed, or null, "virtualTime":
-- before it began, "scanMs": how long the claim took}. No idle process is woken: the caller has room for what becomes
-- ready, unless it says that it will claim less.
create function exchange_runs(
  of_worker_id uuid, run_ids uuid[], run_fences bigint[], run_reasons text[],
  claim_limit integer, is_idle boolean, from_rank bigint
) returns json language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  time_now timestamptz := reviewd_now();
  virtual_then bigint := (select last_value from virtual_time);
  worker workers;
  settled_ids uuid[] := '{}';
  seat_owner_ids uuid[];
  seat_ranks bigint[];
  freed_pull_request_ids uuid[];
  ready_count integer := 0;
  scan_began timestamptz;
  claimed json;
  claimed_count integer := 0;
  lowest_rank bigint;
  highest_rank bigint;
begin
  select * into worker from workers where id = of_worker_id and expires_at > time_now;
  if found and cardinality(run_ids) > 0 then
    perform lock_places(array(select pull_request_id from tasks where id = any (run_ids)));
    with ended as (
      update tasks set status = 'completed', reason = run.reason, error = null, worker_id = null, stop_requested = null,
        finished_at = time_now
      from unnest(run_ids, run_fences, run_reasons) as run (task_id, fence, reason)
      where tasks.id = run.task_id and tasks.fence = run.fence and tasks.worker_id = of_worker_id
        and tasks.status = 'running'
      returning tasks.*
    ), recorded as (
      insert into attempts (task_id, number, fence, worker_id, outcome, started_at, finished_at)
      select id, attempt_count, fence, of_worker_id, 'completed', started_at, time_now from ended
    )
    select coalesce(array_agg(id), '{}'), array_agg(owner_id), array_agg(rank),
        array_agg(pull_request_id) filter (where output_mode = 'forge')
      into settled_ids, seat_owner_ids, seat_ranks, freed_pull_request_ids from ended;
    ready_count := release_seats(seat_owner_ids, seat_ranks, freed_pull_request_ids);
  end if;
  if worker.id is not null and claim_limit > 0 then
    scan_began := clock_timestamp();
    select json_agg(json_build_object('taskId', id, 'workerId', worker_id, 'fence', fence, 'ownerId', owner_id,
          'repositoryId', repository_id, 'pullRequestId', pull_request_id, 'trigger', trigger,
          'outputMode', output_mode, 'headSha', head_sha, 'baseRef', base_ref, 'attemptCount', attempt_count,
          'maxAttempts', max_attempts, 'lostCount', lost_count, 'config', config) order by rank, id),
        count(*), min(rank), max(rank)
      into claimed, claimed_count, lowest_rank, highest_rank
      from claim_tasks(of_worker_id, worker.reserved_task_id, claim_limit, is_idle, from_rank);
    if highest_rank > (select last_value from virtual_time) then perform setval('virtual_time', highest_rank); end if;
  end if;
  if ready_count > claimed_count then perform pg_notify('reviewd_ready', ''); end if;
  return json_build_object('settled', settled_ids, 'claimed', coalesce(claimed, '[]'), 'lowestRank', lowest_rank,
    'virtualTime', virtual_then, 'scanMs', coalesce(extract(epoch from clock_timestamp() - scan_began) * 1000, 0));
end $$;

-- Changes how much an owner may run and how large its share is. Lowered, its seats drain as their tasks end.
create function change_capacity(of_owner_id uuid, new_max_running integer, new_weight integer) returns void
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
begin
  update owners set max_running = new_max_running, weight = new_weight where id = of_owner_id;
  if fill_seats(array[of_owner_id], array[null]::bigint[]) > 0 then perform pg_notify('reviewd_ready', ''); end if;
end $$;

-- What must never be seen; one row for each thing found. Read it in one snapshot.
create view broken_seats as
  select 'seats_in_use is not the number of ready and running tasks' as broken, o.id
    from owners o
    where o.seats_in_use <> (select count(*) from tasks t
      where t.owner_id = o.id and (t.status = 'running' or t.placement = 'ready'))
  union all
  select 'a task waits although its owner has a free seat', o.id
    from owners o
    where o.seats_in_use < o.max_running
      and exists (select from tasks t where t.owner_id = o.id and t.placement = 'waiting')
  union all
  select 'a task is held although its pull request is free', t.id
    from tasks t
    where t.placement = 'held' and not exists (
      select from tasks live where live.pull_request_id = t.pull_request_id and live.output_mode = 'forge'
        and (live.status = 'running' or live.placement in ('ready', 'waiting')));
