-- Join: who is in the organization and what they may do. There is always an owner, and somebody who would be told.

create function private.list_members(org uuid)
  returns table (user_id uuid, name text, role text, locale text, email text, created_at timestamptz, is_me boolean, told boolean)
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
begin
  perform private.require_role(org, array['owner', 'admin', 'viewer']);
  return query
  select m.user_id, m.name, m.role, m.locale,
         -- Addresses are for those who look after the members, and each sees their own.
         case when m.user_id = auth.uid() or mine.role <> 'viewer' then u.email::text end, m.created_at, m.user_id = auth.uid(),
         exists (select from private.told_members t where t.org_id = m.org_id and t.user_id = m.user_id)
  from public.members m
  join auth.users u on u.id = m.user_id
  join public.members mine on mine.org_id = m.org_id and mine.user_id = auth.uid()
  where m.org_id = list_members.org
  order by array_position(array['owner', 'admin', 'viewer'], m.role), m.name, m.user_id;
end $$;
grant execute on function private.list_members(uuid) to authenticated;

-- Who is in an organization, and whom an alarm would reach by e-mail. A viewer sees no address but the own one.
create function public.list_members(org uuid)
  returns table (user_id uuid, name text, role text, locale text, email text, created_at timestamptz, is_me boolean, told boolean)
  language sql
  stable
  set search_path = ''
as $$
  select * from private.list_members(org);
$$;
grant execute on function public.list_members(uuid) to authenticated;
comment on function public.list_members is 'Members with role and whether an alarm would reach them by e-mail. Refuses with SW404.';

-- Locks the members of an organization and checks that the caller may move one from `before` to `after`. An admin moves nobody
-- into or out of the owners.
create function private.check_move(org uuid, before text, after text)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  mine text;
begin
  perform private.require_role(org);
  perform from public.members m where m.org_id = org order by m.user_id for update;
  select m.role into mine from public.members m where m.org_id = org and m.user_id = auth.uid();
  if after is not null and after not in ('owner', 'admin', 'viewer') then
    perform private.refuse('SW422', 'A role is owner, admin or viewer.', 'Choose one of the three.');
  elsif mine <> 'owner' and 'owner' in (before, after) then
    perform private.refuse('SW403', 'Only an owner makes owners, and only an owner changes or removes one.', 'Ask an owner.');
  end if;
end $$;

-- After a move: refuses one that leaves no owner, or nobody whom an alarm would reach where somebody was before.
create function private.check_left(org uuid, told_before boolean)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  if not exists (select from public.members m where m.org_id = org and m.role = 'owner') then
    perform private.refuse('SW409', 'An organization keeps at least one owner.', 'Make somebody else an owner first.');
  elsif told_before and not exists (select from private.told_members t where t.org_id = check_left.org) then
    perform private.refuse('SW409', 'Then an alarm would reach nobody.', 'Let another owner or admin get e-mail about new problems first.');
  end if;
end $$;

create function private.move_member(org uuid, member uuid, was text, becomes text)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target public.members;
  told_before boolean;
begin
  perform private.check_move(org, null, becomes);
  select m.* into target from public.members m where m.org_id = org and m.user_id = member;
  if target.user_id is null then
    perform private.refuse('SW404', 'There is no such member in this organization.', 'Somebody may have removed them. Reload the page.');
  elsif target.role = becomes then
    return;
  elsif target.role <> was then
    perform private.refuse('SW409', format('Somebody else has made this member %s meanwhile.', target.role), 'Reload the page and decide again.');
  end if;
  perform private.check_move(org, target.role, becomes);
  told_before := exists (select from private.told_members t where t.org_id = move_member.org);
  if becomes is null then
    update public.incidents i set assigned_to = null where i.org_id = org and i.assigned_to = member;
    delete from public.members m where m.org_id = org and m.user_id = member;
  else
    update public.members m set role = becomes where m.org_id = org and m.user_id = member;
    update public.incidents i set assigned_to = null where i.org_id = org and i.assigned_to = member and becomes = 'viewer';
  end if;
  perform private.check_left(org, told_before);
end $$;
grant execute on function private.move_member(uuid, uuid, text, text) to authenticated;

-- Gives a member another role. `was` is the role the caller saw. Owner or admin; into and out of the owners only an owner.
create function public.set_role(org uuid, member uuid, was text, becomes text)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  perform private.move_member(org, member, was, coalesce(becomes, ''));
end $$;
grant execute on function public.set_role(uuid, uuid, text, text) to authenticated;
comment on function public.set_role is 'Changes a member''s role. Refuses with SW403, SW404, SW409 (last owner, changed meanwhile), SW422.';

-- Takes somebody out of the organization, with their notifications. Their name stays in the audit log.
create function public.remove_member(org uuid, member uuid, was text)
  returns void
  language sql
  set search_path = ''
as $$
  select private.move_member(org, member, was, null);
$$;
grant execute on function public.remove_member(uuid, uuid, text) to authenticated;
comment on function public.remove_member is 'Removes a member. Refuses with SW403, SW404, SW409 (last owner, changed meanwhile).';

-- The trail is read by what it is about or who did it.
create index audit_log_of_integration on public.audit_log (org_id, integration_id, id desc);
comment on index public.audit_log_of_integration is 'Serves public.configuration and public.audit_trail, by integration.';
create index audit_log_of_person on public.audit_log (org_id, actor_id, id desc);
comment on index public.audit_log_of_person is 'Serves public.audit_trail, by person.';

create view public.audit_trail with (security_invoker = true) as
select a.org_id, a.id, a.at, a.actor_id, a.actor, a.action, a.integration_id, a.subject, a.before, a.after, a.reason
from public.audit_log a;
comment on view public.audit_trail is 'Who did what, when and why, with what differs before and after.';
grant select on public.audit_trail to authenticated;
