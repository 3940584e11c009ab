-- Seats: a task is ready only when it holds one of its owner's seats and its pull request is free, so that claiming
-- is a scan of the few ready rows and touches no owner. All the work of placing happens here, at enqueue and release.
--
-- One lock order everywhere: pull request rows by id, then owner rows by id, then task rows by id. plpgsql gives each
-- statement a fresh snapshot, so what is decided after a lock is decided on what the last holder left.

-- Takes the locks that placing or ending tasks of these pull requests needs; further owners (of a task about to be
-- inserted) are locked in the same order.
create function lock_places(pull_request_ids uuid[], owner_ids uuid[] default '{}') returns void
language plpgsql as $$
begin
  perform from pull_requests where id = any (pull_request_ids) order by id for no key update;
  perform from owners
    where id = any (owner_ids)
       or id in (select owner_id from tasks
                 where pull_request_id = any (pull_request_ids) and status in ('pending', 'running'))
    order by id for no key update;
end $$;

-- Gives an owner's free seats to its waiting tasks, most urgent first, and says how many. An owner's rank grows with
-- the seats it holds already, so an idle owner's task goes first and nobody starves. Caller holds the owner's lock.
create function fill_seats(filled_owner_id uuid) returns integer
language plpgsql as $$
declare
  owner owners;
  promoted integer;
begin
  select * into strict owner from owners where id = filled_owner_id;
  if owner.seats_in_use >= owner.max_running then return 0; end if;
  with next as (
    select id, row_number() over (order by priority, id) as place from (
      select id, priority from tasks where owner_id = filled_owner_id and placement = 'waiting'
      order by priority, id limit owner.max_running - owner.seats_in_use
    ) as first_waiting
  )
  update tasks set placement = 'ready',
    rank_at = reviewd_now() + (owner.seats_in_use + next.place - 1) * interval '1 second' / owner.weight
  from next where tasks.id = next.id;
  get diagnostics promoted = row_count;
  if promoted > 0 then
    update owners set seats_in_use = seats_in_use + promoted where id = filled_owner_id;
  end if;
  return promoted;
end $$;

-- Places a pending task whose row says held or delayed, or was just inserted as held: waiting when its pull request
-- is free, and ready when its owner has a seat. Caller holds the locks. Says whether anything became ready.
create function place_task(placed_task_id uuid) returns boolean
language plpgsql as $$
declare
  task tasks;
  pull_request_busy boolean;
begin
  select * into strict task from tasks where id = placed_task_id;
  pull_request_busy := task.output_mode = 'forge' and exists (
    select from tasks where pull_request_id = task.pull_request_id and output_mode = 'forge'
      and (status = 'running' or placement in ('ready', 'waiting')));
  update tasks set placement = case when pull_request_busy then 'held' else 'waiting' end where id = placed_task_id;
  return not pull_request_busy and fill_seats(task.owner_id) > 0;
end $$;

-- The one way out of ready, waiting and running: called after the row was changed, with what it held before. Gives back
-- its seat and lets the pull request's next held task in, under that task's own owner. Caller holds the locks. Says
-- whether anything became ready.
create function release_seat(
  former_owner_id uuid, former_pull_request_id uuid, held_seat boolean, held_pull_request boolean
) returns boolean
language plpgsql as $$
declare
  next_held_id uuid;
  became_ready boolean := false;
begin
  if held_seat then
    update owners set seats_in_use = seats_in_use - 1 where id = former_owner_id;
  end if;
  if held_pull_request then
    select id into next_held_id from tasks
      where pull_request_id = former_pull_request_id and placement = 'held' order by priority, id limit 1;
    if found then became_ready := place_task(next_held_id); end if;
  end if;
  return fill_seats(former_owner_id) > 0 or became_ready;
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
