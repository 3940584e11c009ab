-- Seats: a task is ready only when it holds one of its owner's seats and its pull request is free, so that claiming
-- is a scan of the few ready rows and touches no owner. All the work of placing happens here, at enqueue and release.
--
-- One lock order everywhere: pull request rows by id, then owner rows by id, then task rows by id. plpgsql gives each
-- statement a fresh snapshot, so what is decided after a lock is decided on what the last holder left.
--
-- Shares: ready tasks are claimed in order of rank, which is the start tag of start-time fair queueing (Goyal, Vin and
-- Cheng, 1996). Virtual time is the highest rank claimed so far. A task of an owner with weight w takes 1,000,000 / w
-- of it: the k-th seat an owner takes begins at virtual time + k such steps, and whoever takes over a seat begins as many
-- steps after the one before as the owner has seats. An owner whose seats ran empty begins one step after the last of
-- them at the earliest (next_rank), or one that queues a task when the last has ended would always go first. So busy
-- owners take turns by weight, an idle one's first task goes next, and the owner's row need not be written while its
-- seats pass from task to task.
--
-- The entry points pin their plans: tables grow faster than their statistics, and one scan of all tasks in place of an
-- index would stop the queue.

-- A sequence, because it is written in place: no row versions pile up behind a long transaction. Two claims at the
-- same moment may set it back to the lower of their ranks, until the next claim. Each task that becomes ready moves it on by one, so that
-- ranks differ: a search can begin right behind what was claimed, and who came first goes first.
create sequence virtual_time minvalue 0 start 0;

-- Takes the locks that placing or ending tasks of these pull requests needs; further owners (of a task about to be
-- inserted) are locked in the same order.
create function lock_places(pull_request_ids uuid[], owner_ids uuid[] default '{}') returns void language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  concerned_ids uuid[];
begin
  -- Whoever stands still with these locks held would stop others' tasks too; a lease lasts longer.
  perform set_config('idle_in_transaction_session_timeout', '10s', true);
  perform from pull_requests where id = any (pull_request_ids) order by id for no key update;
  concerned_ids := owner_ids || array(
    select owner_id from tasks where pull_request_id = any (pull_request_ids) and status in ('pending', 'running'));
  perform from owners where id = any (concerned_ids) order by id for no key update;
end $$;

-- Gives free seats to waiting tasks, most urgent first, and says how many became ready. The owners are those of seats
-- just given back, each with the rank of the task that held it, and those with rank null whose tasks or cap changed.
-- Caller holds the locks.
create function fill_seats(seat_owner_ids uuid[], seat_ranks bigint[]) returns integer language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  next_ids uuid[];
  next_ranks bigint[];
  next_owner_ids uuid[];
begin
  with freed as (
    select owner_id, count(rank)::integer as seats, array_agg(rank order by rank) as ranks
    from unnest(seat_owner_ids, seat_ranks) as seat (owner_id, rank) group by owner_id
  ), room as (
    select owners.id, freed.ranks, owners.seats_in_use - freed.seats as kept, owners.seats_in_use::bigint as seats,
      owners.max_running, owners.next_rank, 1000000 / owners.weight as step
    from freed join owners on owners.id = freed.owner_id
  )
  -- Seats given back come first, so a place without a rank is a seat that was free.
  select array_agg(waiting.id), array_agg(room.id), array_agg(case
      when room.ranks[waiting.place] is null
        then greatest(nextval('virtual_time') + (room.kept + waiting.place - 1) * room.step, room.next_rank)
      else greatest(room.ranks[waiting.place] + room.seats * room.step, nextval('virtual_time')) end)
    into next_ids, next_owner_ids, next_ranks
    from room cross join lateral (
      select id, row_number() over (order by priority, id) as place from (
        select id, priority from tasks where owner_id = room.id and placement = 'waiting'
        order by priority, id limit greatest(0, room.max_running - room.kept)
      ) as most_urgent
    ) as waiting;
  if next_ids is not null then
    update tasks set placement = 'ready', rank = next.rank
      from unnest(next_ids, next_ranks) as next (id, rank) where tasks.id = next.id;
  end if;
  -- A seat that only passed from one task to the next needs no write.
  if next_owner_ids is distinct from seat_owner_ids or array_position(seat_ranks, null) is not null then
    update owners set seats_in_use = seats_in_use + change.seats,
        next_rank = greatest(next_rank, change.rank + 1000000 / weight)
      from (
        select owner_id, sum(seats) as seats, max(rank) as rank from (
          select owner_id, -1 as seats, rank from unnest(seat_owner_ids, seat_ranks) as seat (owner_id, rank)
            where rank is not null
          union all
          select unnest(next_owner_ids), 1, null
        ) as changes group by owner_id having sum(seats) <> 0
      ) as change
      where owners.id = change.owner_id;
  end if;
  return coalesce(cardinality(next_ids), 0);
end $$;

-- The one way out of ready, waiting and running, called after the rows were changed: gives back their seats, lets the
-- next held task of each freed pull request in, under its own owner, and fills what is free. Caller holds the locks.
-- Says how many tasks became ready.
create function release_seats(seat_owner_ids uuid[], seat_ranks bigint[], freed_pull_request_ids uuid[]) returns integer
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
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
  if entrant_owner_ids is null then return fill_seats(seat_owner_ids, seat_ranks); end if;
  return fill_seats(seat_owner_ids || entrant_owner_ids,
    seat_ranks || array_fill(null::bigint, array[cardinality(entrant_owner_ids)]));
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
  new_id uuid, of_owner_id uuid, of_repository_id uuid, of_pull_request_id uuid, of_trigger task_trigger,
  of_output_mode task_output_mode,
  of_head_sha text, of_base_ref text, of_priority smallint, of_max_attempts smallint, of_created_by text, of_config jsonb,
  of_scope task_scope,
  out task_id uuid, out created boolean
) language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  owner owners;
  place task_placement;
begin
  perform lock_places(array[of_pull_request_id], array[of_owner_id]);
  select * into strict owner from owners where id = of_owner_id;
  place := case
    when of_output_mode = 'forge' and is_pull_request_busy(of_pull_request_id) then 'held'
    when owner.seats_in_use < owner.max_running then 'ready'
    else 'waiting' end;
  insert into tasks (id, owner_id, repository_id, pull_request_id, trigger, output_mode, head_sha, base_ref, status,
      placement, priority, max_attempts, created_by, config, scope, rank)
    values (new_id, of_owner_id, of_repository_id, of_pull_request_id, of_trigger, of_output_mode, of_head_sha,
      of_base_ref, 'pending', place, of_priority, of_max_attempts, of_created_by, of_config, of_scope,
      case place when 'ready' then
        greatest(nextval('virtual_time') + owner.seats_in_use::bigint * (1000000 / owner.weight), owner.next_rank) end)
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
        case when due.output_mode = 'forge' and is_pull_request_busy(due.pull_request_id) then 'held'::task_placement
          else 'waiting' end
      where id = due.id and placement = 'delayed' and run_after <= time_now;
    if found then
      placed_count := placed_count + 1;
      ready_count := ready_count + fill_seats(array[due.owner_id], array[null]::bigint[]);
    end if;
  end loop;
  if ready_count > 0 then perform pg_notify('reviewd_ready', ''); end if;
  return placed_count;
end $$;

-- Picks and locks ready tasks for a worker whose lease holds, in order of rank. A task lost twice with its process is
-- for an idle process alone; a busy one that comes upon it reserves it and gets nothing until its other runs have ended.
create function pick_tasks(
  of_worker_id uuid, reserved_id uuid, pick_limit integer, is_idle boolean, from_rank bigint, time_now timestamptz
) returns uuid[] language plpgsql as $$
declare
  suspect_id uuid;
begin
  select id into suspect_id from tasks
    where placement = 'ready' and lost_count >= 2 and (id = reserved_id
      or not exists (select from workers where workers.reserved_task_id = tasks.id and expires_at > time_now))
    order by id = reserved_id desc, rank, id limit 1;
  if suspect_id is distinct from reserved_id then
    update workers set reserved_task_id = suspect_id where id = of_worker_id;
  end if;
  if suspect_id is null then
    return array(select id from tasks where placement = 'ready' and rank >= from_rank and lost_count < 2
      order by rank, id limit pick_limit for no key update skip locked);
  end if;
  return array(select id from tasks where is_idle and id = suspect_id and placement = 'ready'
    for no key update skip locked);
end $$;

-- One round trip for a dispatcher process: settles the runs it completed, each only while the worker's lease and the
-- run's fence hold, hands their seats on, and claims what it may run next. Other outcomes than completed need a look at
-- the task first and settle one by one.
--
-- Answers {"settled": ids of the runs settled, "claimed": tasks, "lowestRank": of the claimed, or null, "virtualTime":
-- before it began, "scanMs": how long the claim took}. No idle process is woken: the caller has room for what becomes
-- ready, unless it says that it will claim less.
create function exchange_runs(
  of_worker_id uuid, run_ids uuid[], run_fences bigint[], run_reasons task_reason[],
  claim_limit integer, is_idle boolean, from_rank bigint
) returns json language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  time_now timestamptz;
  virtual_then bigint;
  reserved_id uuid;
  has_lease boolean;
  settled_ids uuid[];
  seat_owner_ids uuid[];
  seat_ranks bigint[];
  freed_pull_request_ids uuid[];
  ready_count integer := 0;
  scan_began timestamptz;
  picked_ids uuid[] := '{}';
  claimed json;
  lowest_rank bigint;
  highest_rank bigint;
begin
  if cardinality(run_ids) > 0 then
    perform lock_places(array(select pull_request_id from tasks where id = any (run_ids)));
  end if;
  -- Not before: the locks may have been long in coming, and the lease has lapsed meanwhile.
  time_now := reviewd_now();
  select reserved_task_id, last_value into reserved_id, virtual_then from workers cross join virtual_time
    where id = of_worker_id and expires_at > time_now;
  has_lease := found;
  if has_lease and cardinality(run_ids) > 0 then
    with ended as (
      update tasks set status = 'completed', reason = run.reason, error = null, worker_id = null, stop_requested = null,
        finished_at = time_now
      from unnest(run_ids, run_fences, run_reasons) as run (task_id, fence, reason)
      -- Whoever has a worker is running. Said here, it would lead to a search among all the worker's tasks for each.
      where tasks.id = run.task_id and tasks.fence = run.fence and tasks.worker_id = of_worker_id
      returning id, owner_id, rank, pull_request_id, output_mode, attempt_count, tasks.fence, started_at
    ), recorded as (
      insert into attempts (task_id, number, fence, worker_id, outcome, started_at, finished_at)
      select id, attempt_count, fence, of_worker_id, 'completed', started_at, time_now from ended
    )
    select array_agg(id), array_agg(owner_id), array_agg(rank),
        array_agg(pull_request_id) filter (where output_mode = 'forge')
      into settled_ids, seat_owner_ids, seat_ranks, freed_pull_request_ids from ended;
    if settled_ids is not null then
      ready_count := release_seats(seat_owner_ids, seat_ranks, freed_pull_request_ids);
    end if;
  end if;
  if has_lease and claim_limit > 0 then
    scan_began := clock_timestamp();
    picked_ids := pick_tasks(of_worker_id, reserved_id, claim_limit, is_idle, from_rank, time_now);
    if cardinality(picked_ids) > 0 then
      -- Again, so that no task begins before the one ended whose seat it has.
      time_now := reviewd_now();
      with claimed_now as (
        update tasks set status = 'running', placement = null, run_after = null, reason = null,
          worker_id = of_worker_id, fence = fence + 1, attempt_count = attempt_count + 1, started_at = time_now
        where id = any (picked_ids)
        returning id, worker_id, fence, owner_id, repository_id, pull_request_id, trigger, output_mode, head_sha,
          base_ref, attempt_count, max_attempts, lost_count, config, scope, rank
      )
      select json_agg(json_build_object('taskId', id, 'workerId', worker_id, 'fence', fence, 'ownerId', owner_id,
            'repositoryId', repository_id, 'pullRequestId', pull_request_id, 'trigger', trigger,
            'outputMode', output_mode, 'headSha', head_sha, 'baseRef', base_ref, 'attemptCount', attempt_count,
            'maxAttempts', max_attempts, 'lostCount', lost_count, 'config', config, 'scope', scope) order by rank, id),
          min(rank), max(rank)
        into claimed, lowest_rank, highest_rank from claimed_now;
      if highest_rank > (select last_value from virtual_time) then perform setval('virtual_time', highest_rank); end if;
    end if;
  end if;
  if ready_count > cardinality(picked_ids) then perform pg_notify('reviewd_ready', ''); end if;
  return json_build_object('settled', coalesce(settled_ids, '{}'), 'claimed', coalesce(claimed, '[]'),
    'lowestRank', lowest_rank, 'virtualTime', coalesce(virtual_then, 0),
    'scanMs', coalesce(extract(epoch from clock_timestamp() - scan_began) * 1000, 0));
end $$;

-- Changes how much an owner may run and how large its share is. What is lowered drains: ready tasks above it wait again,
-- the last in turn first, and what runs goes on to its end. A new weight counts for what becomes ready from now on.
create function change_capacity(of_owner_id uuid, new_max_running integer, new_weight integer) returns void
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  surplus integer;
begin
  update owners set max_running = new_max_running, weight = new_weight where id = of_owner_id
    returning seats_in_use - max_running into surplus;
  if surplus > 0 then
    with last_in_turn as (
      select id from tasks where placement = 'ready' and owner_id = of_owner_id
      order by rank desc, id desc limit surplus for no key update skip locked
    ), put_back as (
      update tasks set placement = 'waiting', rank = null from last_in_turn where tasks.id = last_in_turn.id
      returning tasks.id
    )
    update owners set seats_in_use = seats_in_use - (select count(*) from put_back) where id = of_owner_id;
  elsif fill_seats(array[of_owner_id], array[null]::bigint[]) > 0 then
    perform pg_notify('reviewd_ready', '');
  end if;
end $$;

-- What must never be seen; one row for each thing found. Read it in one snapshot.
create view broken_seats as
  select 'seats_in_use is not the number of ready and running tasks' as broken, o.id
    from owners o left join (
      select owner_id, count(*) as taken from tasks where status = 'running' or placement = 'ready' group by owner_id
    ) as held on held.owner_id = o.id
    where o.seats_in_use <> coalesce(held.taken, 0)
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
