-- Manage: what members may change by hand. An integration's configuration, planned work, and who is in the organization. Every
-- change is audited by the table's own trigger; what somebody else changed meanwhile is found, never overwritten.

-- Wall time of the organization as an instant. An hour that the clocks skip is refused by name; of an hour that comes twice the first
-- is meant, or the second where `later`.
create function private.wall_time(wall timestamp, zone text, later boolean default false)
  returns timestamptz
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  instant constant timestamptz := wall at time zone zone;
begin
  if instant at time zone zone is distinct from wall then
    perform private.refuse('SW422', format('%s does not exist in %s: the clocks are put forward over it.',
      to_char(wall, 'YYYY-MM-DD HH24:MI'), zone), 'Choose a time an hour earlier or later.');
  elsif not later and (instant - interval '1 hour') at time zone zone = wall then
    return instant - interval '1 hour';
  end if;
  return instant;
end $$;

-- Wall time as a form gives it, `2026-11-20T07:00`.
create function private.read_wall_time(said text, zone text, later boolean default false)
  returns timestamptz
  language plpgsql
  stable
  set search_path = ''
as $$
begin
  if said !~ '^2[01]\d\d-\d\d-\d\dT\d\d:\d\d(:\d\d)?$' or not pg_input_is_valid(said, 'timestamp') then
    perform private.refuse('SW422', 'A time is written as 2026-11-20T07:00, in the organization''s own zone.', 'Give date and time.');
  end if;
  return private.wall_time(said::timestamp, zone, later);
end $$;

-- The thresholds there are, with what holds where an integration says nothing of its own and what may be set by hand.
create function private.known_thresholds()
  returns table (name text, preset numeric, lowest numeric, highest numeric)
  language sql
  immutable
  set search_path = ''
as $$
  values ('alarm_after_failures', 2::numeric, 1::numeric, 20::numeric), ('no_success_hours', 48, 1, 720), ('failure_rate_percent', 5, 0, 100),
    ('lag_minutes', 30, 0, 10080), ('lag_critical_minutes', 240, 0, 20160), ('queue_depth', 20, 0, 1000000), ('stuck_minutes', 60, 10, 1440),
    ('refused_open_hours', 24, 1, 720), ('credential_warning_days', 14, 1, 365), ('credential_rotate_days', null, 1, 3650),
    ('max_attempts', 12, 1, 100), ('deviation_percent', 20, 1, 1000);
$$;
grant execute on function private.known_thresholds() to authenticated;

-- The server a setting leads to; null where it is no address.
create function private.server_of(setting jsonb)
  returns text
  language sql
  immutable
  set search_path = ''
as $$
  select lower((regexp_match(setting #>> '{}', '^(https?://[^/?#\s]+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::[0-9]+)?(?=/|$))', 'i'))[1])
  where jsonb_typeof(setting) = 'string';
$$;
grant execute on function private.server_of(jsonb) to authenticated;

-- A setting keeps its kind: a text stays a text, an address an address. What its system makes of the value shows in the next run.
create function private.check_setting(name text, before jsonb, after jsonb)
  returns void
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  said constant text := after #>> '{}';
begin
  if before is null then
    perform private.refuse('SW422', format('There is no setting "%s".', left(name, 100)), 'Change those that are there.');
  elsif jsonb_typeof(after) <> jsonb_typeof(before) or jsonb_typeof(before) not in ('string', 'number', 'boolean') then
    perform private.refuse('SW422', format('The setting "%s" is a %s and stays one.', name, jsonb_typeof(before)),
      'Texts, numbers and switches are changed here.');
  elsif jsonb_typeof(after) = 'string' and (length(trim(said)) = 0 or length(said) > 2000 or said ~ '[[:cntrl:]]') then
    perform private.refuse('SW422', format('The setting "%s" has 1 to 2 000 characters, without line breaks.', name), 'Write it in full.');
  elsif before #>> '{}' ~* '^https?://' and (said !~* '^https?://[^/?#@\s]+([/?#]\S*)?$'
    or (before #>> '{}' ~* '^https://' and said !~* '^https://')) then
    perform private.refuse('SW422', format('The setting "%s" is an address that begins with https://, without a user name.', name),
      'Write it as in https://example.org/api.');
  end if;
end $$;

create function private.check_threshold(name text, value jsonb)
  returns void
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  known record;
begin
  select k.* into known from private.known_thresholds() k where k.name = check_threshold.name;
  if not found then
    perform private.refuse('SW422', format('There is no threshold "%s".', left(name, 100)), 'Change those that are there.');
  elsif jsonb_typeof(value) = 'null' then
    return;
  elsif jsonb_typeof(value) <> 'number' or (value #>> '{}')::numeric not between known.lowest and known.highest
    or ((value #>> '{}') !~ '^[0-9]+$' and name not in ('failure_rate_percent', 'deviation_percent')) then
    perform private.refuse('SW422', format('The threshold "%s" is a number from %s to %s.', name, known.lowest, known.highest),
      'Leave it empty for the usual value.');
  end if;
end $$;

-- Changed by whatever door, an integration gets a new `updated_at`: that is how two who edit it at once find each other.
create function private.stamp_integration()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  if to_jsonb(new) - array['updated_at', 'next_due_at'] is distinct from to_jsonb(old) - array['updated_at', 'next_due_at'] then
    new.updated_at := greatest(new.updated_at, now(), old.updated_at + interval '1 microsecond');
  end if;
  return new;
end $$;
create trigger integration_changes_are_stamped
  before update of name, enabled, every_minutes, calendar, settings, thresholds, credential_secret_id, credential_set_at on public.integrations
  for each row execute function private.stamp_integration();

-- Where the next slot falls under another schedule: at the time given, at the first one of the calendar or, by the minute, in phase.
create function private.next_due_of(due timestamptz, every_minutes integer, calendar jsonb, zone text, first_run text, at timestamptz)
  returns timestamptz
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  chosen timestamptz;
begin
  if (every_minutes is null) = (calendar is null) then
    perform private.refuse('SW422', 'A schedule goes either by the minute or by the calendar.', 'Give one of the two.');
  elsif calendar is not null and private.valid_calendar(calendar) is not true then
    perform private.refuse('SW422', 'A calendar says a minute of every hour, or a time of day with its days.',
      'Write it as {"minute": 15}, {"time": "06:30"}, {"time": "06:30", "weekdays": [1, 5]} or {"time": "06:30", "day": "last"}.');
  elsif (every_minutes not between 1 and 44640) then
    perform private.refuse('SW422', 'A schedule has from 1 to 44 640 minutes between its runs.', 'That is at least once in 31 days.');
  elsif first_run is not null then
    chosen := private.read_wall_time(first_run, zone);
    if chosen < at - interval '1 minute' or chosen > at + interval '400 days' then
      perform private.refuse('SW422', 'The next run lies ahead, within 400 days.', 'Choose a later time.');
    end if;
    return chosen;
  elsif calendar is not null then
    return private.calendar_slot(calendar, zone, at);
  end if;
  return due - greatest(0, floor((extract(epoch from due - at)) / (60 * every_minutes)))::integer * make_interval(mins => every_minutes);
end $$;

create function private.preview_schedule(org uuid, integration uuid, every_minutes integer, calendar jsonb, first_run text, at timestamptz)
  returns timestamptz[]
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
declare
  target public.integrations;
  zone text;
begin
  perform private.require_role(org, array['owner', 'admin', 'viewer']);
  target := private.integration_of(org, integration);
  select o.time_zone into zone from public.organizations o where o.id = org;
  return private.next_slots(
    private.next_due_of(target.next_due_at, preview_schedule.every_minutes, preview_schedule.calendar, zone, first_run, preview_schedule.at),
    preview_schedule.every_minutes, preview_schedule.calendar, zone, preview_schedule.at, 5);
end $$;
grant execute on function private.preview_schedule(uuid, uuid, integer, jsonb, text, timestamptz) to authenticated;

-- When an integration would run next under another schedule, as an unsaved form has it.
create function public.preview_schedule(org uuid, integration uuid, every_minutes integer default null, calendar jsonb default null, first_run text default null)
  returns timestamptz[]
  language sql
  stable
  set search_path = ''
as $$
  select private.preview_schedule(org, integration, every_minutes, calendar, first_run, now());
$$;
grant execute on function public.preview_schedule(uuid, uuid, integer, jsonb, text) to authenticated;
comment on function public.preview_schedule is 'The next five runs under a schedule that is not saved yet. Refuses with SW404, SW422.';

-- A credential was made for one server. Whoever could send it to another could read it there, so it does not move with the address.
create function private.forget_credential(org uuid, integration uuid, at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target constant public.integrations := private.integration_of(org, integration);
begin
  if target.credential_secret_id is null then
    return;
  end if;
  delete from vault.secrets s where s.id = target.credential_secret_id;
  update public.integrations i set credential_secret_id = null, credential_set_at = null, credential_expires_at = null
  where i.org_id = org and i.id = integration;
  perform private.audit(org, 'credential.forgotten', at, integration,
    before := jsonb_build_object('set_at', target.credential_set_at), after := jsonb_build_object('set_at', null),
    reason := 'The address changed: a credential is sent to no other server than the one it was entered for.');
end $$;

create function private.update_integration(org uuid, integration uuid, expected timestamptz, changes jsonb, at timestamptz)
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target public.integrations;
  zone text;
  every integer;
  by_calendar jsonb;
  due timestamptz;
  wanted jsonb;
  moved boolean;
begin
  perform private.require_role(org);
  perform from public.integrations i where i.org_id = org and i.id = integration for no key update;
  target := private.integration_of(org, integration);
  if jsonb_typeof(changes) is distinct from 'object' or changes - array['name', 'every_minutes', 'calendar', 'first_run', 'settings', 'thresholds'] <> '{}'
    or octet_length(changes::text) > 100000
    or coalesce(jsonb_typeof(changes -> 'settings'), 'object') <> 'object'
    or coalesce(jsonb_typeof(changes -> 'thresholds'), 'object') <> 'object' then
    perform private.refuse('SW422', 'Changes are of name, every_minutes, calendar, first_run, settings and thresholds.', 'Leave out what stays as it is.');
  elsif target.updated_at is distinct from expected then
    perform private.refuse('SW409', 'Somebody else changed this integration while you were editing it.', 'Read what it is now, then decide again.');
  elsif changes ? 'name' and (jsonb_typeof(changes -> 'name') <> 'string'
    or length(trim(changes ->> 'name')) not between 1 and 200 or changes ->> 'name' ~ '[[:cntrl:]]') then
    perform private.refuse('SW422', 'A name has 1 to 200 characters.', 'Give it a name people know it by.');
  elsif changes ? 'every_minutes' and (changes ->> 'every_minutes' ~ '^[0-9]{1,5}$') is not true then
    perform private.refuse('SW422', 'A schedule is a whole number of minutes.', 'Say how often it is to run.');
  end if;
  perform private.check_setting(c.key, target.settings -> c.key, c.value) from jsonb_each(changes -> 'settings') c;
  perform private.check_threshold(c.key, c.value) from jsonb_each(changes -> 'thresholds') c;
  wanted := jsonb_strip_nulls(target.thresholds || coalesce(changes -> 'thresholds', '{}'));
  if coalesce((wanted ->> 'lag_critical_minutes')::integer, 240) < coalesce((wanted ->> 'lag_minutes')::integer, 30) then
    perform private.refuse('SW422', 'Too late by so much that it is red cannot come before late at all.',
      'Make lag_critical_minutes the larger of the two.');
  end if;
  select o.time_zone into zone from public.organizations o where o.id = org;
  every := target.every_minutes;
  by_calendar := target.calendar;
  due := target.next_due_at;
  if changes ?| array['every_minutes', 'calendar'] then
    every := (changes ->> 'every_minutes')::integer;
    by_calendar := changes -> 'calendar';
  end if;
  if changes ?| array['every_minutes', 'calendar', 'first_run'] then
    due := private.next_due_of(due, every, by_calendar, zone, changes ->> 'first_run', update_integration.at);
  end if;
  select coalesce(bool_or(private.server_of(target.settings -> c.key) is distinct from private.server_of(c.value)), false) into moved
  from jsonb_each(changes -> 'settings') c;
  if moved then
    perform private.forget_credential(org, integration, update_integration.at);
  end if;
  update public.integrations i
  set name = coalesce(trim(changes ->> 'name'), i.name), every_minutes = every, calendar = by_calendar, next_due_at = due,
      settings = i.settings || coalesce(changes -> 'settings', '{}'), thresholds = wanted
  where i.org_id = org and i.id = integration
  returning i.* into target;
  -- When it runs next is no part of the row's own audit, which leaves out what the clock moves.
  if changes ? 'first_run' then
    perform private.audit(org, 'integration.next_run_set', update_integration.at, integration, after := jsonb_build_object('next_due_at', due));
  end if;
  perform private.evaluate_health(update_integration.at, array[integration]);
  return jsonb_build_object('updated_at', target.updated_at, 'credential_forgotten', moved);
end $$;
grant execute on function private.update_integration(uuid, uuid, timestamptz, jsonb, timestamptz) to authenticated;

-- Changes an integration's name, schedule, settings and thresholds, all or nothing. `expected` is the `updated_at` the caller has seen.
-- A setting that leads to another server takes the credential away. Owner or admin.
create function public.update_integration(org uuid, integration uuid, expected timestamptz, changes jsonb)
  returns jsonb
  language sql
  set search_path = ''
as $$
  select private.update_integration(org, integration, expected, changes, now());
$$;
grant execute on function public.update_integration(uuid, uuid, timestamptz, jsonb) to authenticated;
comment on function public.update_integration is
  'Changes an integration''s configuration: {updated_at, credential_forgotten}. Refuses with SW403, SW404, SW409 (changed meanwhile), SW422.';

create view public.configuration with (security_invoker = true) as
select i.org_id, i.id as integration_id, i.slug, i.name, i.system, i.direction, i.enabled, i.every_minutes, i.calendar, i.next_due_at, i.updated_at,
  i.credential_keys, i.credential_set_at, i.credential_expires_at,
  (select a.actor from public.audit_log a where a.org_id = i.org_id and a.integration_id = i.id and a.action in ('integration.changed',
    'integration.switched_on', 'integration.switched_off', 'integration.added') order by a.id desc limit 1) as changed_by,
  (select a.actor from public.audit_log a where a.org_id = i.org_id and a.integration_id = i.id and a.action = 'credential.set'
    order by a.id desc limit 1) as credential_set_by,
  (select coalesce(jsonb_agg(jsonb_build_object('name', s.key, 'value', s.value,
      'address', private.server_of(s.value) is not null) order by s.key), '[]')
    from jsonb_each(i.settings) s) as settings,
  (select jsonb_agg(jsonb_build_object('name', k.name, 'value', i.thresholds -> k.name, 'preset', k.preset,
      'lowest', k.lowest, 'highest', k.highest))
    from private.known_thresholds() k) as thresholds,
  private.next_slots(i.next_due_at, i.every_minutes, i.calendar, (select o.time_zone from public.organizations o where o.id = i.org_id), now(), 5) as next_runs
from public.integrations i;
comment on view public.configuration is 'How each integration is set up, who changed it last, and its next five runs.';
grant select on public.configuration to authenticated;
