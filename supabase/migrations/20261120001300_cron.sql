-- Cron: every job of the clock, on one screen. Each is one SQL function whose work is computed from rows, so a late, lost or
-- doubled tick changes only the time. Minute steps: a retry, a settled run and a notice ring by themselves.

create function private.tick_schedule(at timestamptz default now())
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  perform private.schedule_runs(tick_schedule.at);
  perform private.ring_runs(tick_schedule.at);
  perform private.beat('schedule', tick_schedule.at);
end $$;

create function private.tick_reap(at timestamptz default now())
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  perform private.reap(tick_reap.at);
  perform private.ring_runs(tick_reap.at);
  perform private.beat('reap', tick_reap.at);
end $$;

create function private.tick_evaluate(at timestamptz default now())
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  perform private.evaluate_health(tick_evaluate.at);
  perform private.alert(tick_evaluate.at);
  perform private.beat('evaluate', tick_evaluate.at);
end $$;

create function private.tick_deliver(at timestamptz default now())
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  perform private.ring_deliver(tick_deliver.at);
  perform private.beat('deliver', tick_deliver.at);
end $$;

-- Forgets what nobody reads any more, a part at a time, makes the partitions ahead, and drops the months of attempts that are over
-- 400 days old. What locks a table comes last, so that it holds for an instant.
create function private.tick_retention(at timestamptz default now())
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  horizon constant timestamptz := tick_retention.at - interval '400 days';
begin
  perform private.forget_runs(20000, tick_retention.at);
  delete from public.health_changes c where c.alerted and c.at < horizon;
  delete from public.findings f where f.closed_at < horizon;
  delete from private.blind_spots b where b.ended_at < horizon;
  -- Their notifications and deliveries go with them.
  delete from public.incidents i where i.resolved_at < horizon;
  perform private.forget_tombstones(20000, tick_retention.at);
  delete from public.signal_history g where g.at < tick_retention.at - interval '90 days';
  delete from public.invitations i where coalesce(i.ended_at, i.expires_at) < tick_retention.at - interval '90 days';
  delete from public.webhook_calls w where w.at < tick_retention.at - interval '30 days';
  delete from cron.job_run_details d where d.end_time < tick_retention.at - interval '7 days';
  perform private.ensure_partitions(tick_retention.at);
  perform private.drop_attempts(horizon);
  perform private.beat('retention', tick_retention.at);
end $$;

select cron.schedule('syncward-schedule', '* * * * *', 'select private.tick_schedule()');
select cron.schedule('syncward-reap', '* * * * *', 'select private.tick_reap()');
select cron.schedule('syncward-evaluate', '* * * * *', 'select private.tick_evaluate()');
select cron.schedule('syncward-deliver', '* * * * *', 'select private.tick_deliver()');
select cron.schedule('syncward-retention', '17 * * * *', 'select private.tick_retention()');
