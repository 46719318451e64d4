-- Invite: whoever is to become a member gets a mail, and joins by signing in with the very address it went to. Whether anybody has an
-- account with that address is told to nobody.

create table public.invitations (
  org_id uuid not null references public.organizations (id) on delete cascade,
  id bigint generated always as identity,
  email text not null check (email = lower(email) and length(email) <= 254 and email ~ '^[^@\s[:cntrl:]]+@[^@\s[:cntrl:]]+\.[^@\s[:cntrl:]]+$'),
  -- As colleagues know the person.
  name text not null check (length(name) between 1 and 100),
  role text not null check (role in ('owner', 'admin', 'viewer')),
  state text not null default 'open' check (state in ('open', 'accepted', 'withdrawn')),
  -- As it was then: whoever is invited sees nothing of the organization yet.
  org_name text not null,
  invited_by uuid not null,
  invited_by_name text not null,
  invited_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  primary key (org_id, id)
);
comment on table public.invitations is 'Who was asked to become a member, by address; good for 7 days, and only for that address.';
create unique index invitations_open on public.invitations (org_id, email) where state = 'open';
comment on index public.invitations_open is 'Serves private.invite_member: one open invitation per address.';
create index invitations_of_address on public.invitations (email);
comment on index public.invitations_of_address is 'Serves private.accept_invitation, and whoever reads what their own address was invited to.';

-- A mail of an invitation goes out like those of notifications.
alter table public.deliveries
  alter column notification_id drop not null,
  add column invitation_id bigint,
  add foreign key (org_id, invitation_id) references public.invitations (org_id, id) on delete cascade,
  add constraint deliveries_are_of_one_thing check (num_nonnulls(notification_id, invitation_id) = 1);
create index deliveries_of_invitation on public.deliveries (org_id, invitation_id, created_at) where invitation_id is not null;
comment on index public.deliveries_of_invitation is 'Serves private.check_invitation_rate.';

-- The caller's own address, if it is confirmed: anybody can sign up with somebody else's.
create function private.my_address()
  returns text
  language sql
  stable
  security definer
  set search_path = ''
as $$
  select lower(u.email) from auth.users u where u.id = (select auth.uid()) and u.email_confirmed_at is not null;
$$;
grant execute on function private.my_address() to authenticated;

-- Whether whoever invited may still do so: an invitation is worth no more than the one who wrote it.
create function private.still_stands(invitation public.invitations, at timestamptz)
  returns boolean
  language sql
  stable
  set search_path = ''
as $$
  select invitation.state = 'open' and invitation.expires_at > still_stands.at and exists (
    select from public.members m
    where m.org_id = invitation.org_id and m.user_id = invitation.invited_by
      and m.role = any (case invitation.role when 'owner' then array['owner'] else array['owner', 'admin'] end));
$$;

-- Nobody's mailbox is filled in our name: 3 mails to an address, 30 of an organization within a day.
create function private.check_invitation_rate(org uuid, email text, at timestamptz)
  returns void
  language plpgsql
  stable
  security definer
  set search_path = ''
as $$
declare
  sent integer;
  sent_here integer;
begin
  select count(*), count(*) filter (where d.address = check_invitation_rate.email) into sent, sent_here
  from public.deliveries d
  where d.org_id = check_invitation_rate.org and d.invitation_id is not null and d.created_at > check_invitation_rate.at - interval '1 day';
  if sent >= 30 or sent_here >= 3 then
    perform private.refuse('SW429', 'Three invitations a day to an address, and thirty in all, are enough.', 'Try again tomorrow.');
  end if;
end $$;

create function private.invite_member(org uuid, email text, name text, role text, at timestamptz)
  returns bigint
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  address constant text := lower(trim(coalesce(invite_member.email, '')));
  called constant text := trim(coalesce(invite_member.name, ''));
  me public.members;
  place public.organizations;
  invitation public.invitations;
begin
  perform private.check_move(org, null, coalesce(invite_member.role, ''));
  if length(called) not between 1 and 100 or called ~ '[[:cntrl:]]' then
    perform private.refuse('SW422', 'A member has a name of 1 to 100 characters.', 'Write the name colleagues know.');
  elsif length(address) > 254 or address !~ '^[^@\s[:cntrl:]]+@[^@\s[:cntrl:]]+\.[^@\s[:cntrl:]]+$' then
    perform private.refuse('SW422', 'That is not an e-mail address.', 'Write it as in ida@example.org.');
  elsif exists (select from public.members m join auth.users u on u.id = m.user_id where m.org_id = org and lower(u.email) = address) then
    perform private.refuse('SW409', 'This person is a member already.', 'Change the role in the list.');
  end if;
  select m.* into me from public.members m where m.org_id = org and m.user_id = auth.uid();
  select o.* into place from public.organizations o where o.id = org;
  select i.* into invitation from public.invitations i where i.org_id = org and i.email = address and i.state = 'open';
  -- A second click is no second act.
  if invitation.invited_at > invite_member.at - interval '1 minute' and invitation.role = invite_member.role and invitation.name = called then
    return invitation.id;
  end if;
  perform private.check_invitation_rate(org, address, invite_member.at);
  -- One at a time for an organization: its members are locked.
  if invitation.id is null then
    insert into public.invitations (org_id, email, name, role, org_name, invited_by, invited_by_name, invited_at, expires_at)
    values (org, address, called, invite_member.role, place.name, me.user_id, coalesce(nullif(me.name, ''), place.name), invite_member.at,
      invite_member.at + interval '7 days')
    returning * into invitation;
  else
    update public.invitations i
    set name = called, role = invite_member.role, org_name = place.name, invited_by = me.user_id,
        invited_by_name = coalesce(nullif(me.name, ''), place.name), invited_at = invite_member.at, expires_at = invite_member.at + interval '7 days'
    where i.org_id = org and i.id = invitation.id
    returning i.* into invitation;
  end if;
  insert into public.deliveries (org_id, invitation_id, channel, address, locale, notice, next_attempt_at, created_at)
  values (org, invitation.id, 'email', address, me.locale, jsonb_build_object(
    'kind', 'invited', 'alarm', 'invited', 'severity', 'low', 'since', invite_member.at, 'at', invite_member.at,
    'organization', jsonb_build_object('name', place.name, 'slug', place.slug, 'time_zone', place.time_zone),
    'integration', jsonb_build_object('id', org, 'name', place.name, 'slug', place.slug, 'system', 'syncward'),
    'news', jsonb_build_object('by', invitation.invited_by_name, 'role', invitation.role, 'until', invitation.expires_at)), invite_member.at, invite_member.at);
  perform private.ring_deliver(invite_member.at);
  -- Without the address, which is not for everybody who reads the trail.
  perform private.audit(org, 'invitation.sent', invite_member.at, subject := 'invitation ' || invitation.id,
    after := jsonb_build_object('name', invitation.name, 'role', invitation.role, 'expires_at', invitation.expires_at));
  return invitation.id;
end $$;
grant execute on function private.invite_member(uuid, text, text, text, timestamptz) to authenticated;

-- Asks somebody by e-mail to become a member; good for 7 days. Asking again sends another mail and begins the days anew. The answer is
-- the same whether or not the address has an account. Owner or admin; owners only by owners.
create function public.invite_member(org uuid, email text, name text, role text)
  returns bigint
  language sql
  set search_path = ''
as $$
  select private.invite_member(org, email, name, role, now());
$$;
grant execute on function public.invite_member(uuid, text, text, text) to authenticated;
comment on function public.invite_member is 'Invites somebody by e-mail; answers the invitation''s id. Refuses with SW403, SW404, SW409 (a member already), SW422, SW429.';

create function private.withdraw_invitation(org uuid, invitation bigint, at timestamptz)
  returns void
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  target public.invitations;
begin
  perform private.require_role(org);
  select i.* into target from public.invitations i where i.org_id = withdraw_invitation.org and i.id = withdraw_invitation.invitation for update;
  if not found then
    perform private.refuse('SW404', 'There is no such invitation in this organization.', 'Reload the page.');
  elsif target.state = 'withdrawn' then
    return;
  elsif target.state = 'accepted' then
    perform private.refuse('SW409', 'The invitation has been accepted already.', 'Remove the member instead.');
  end if;
  update public.invitations i set state = 'withdrawn', ended_at = withdraw_invitation.at where i.org_id = target.org_id and i.id = target.id;
  -- What has not gone out need not.
  update public.deliveries d set state = 'refused', error = 'The invitation was withdrawn.'
  where d.org_id = target.org_id and d.invitation_id = target.id and d.state = 'pending' and d.frozen is null;
  perform private.audit(org, 'invitation.withdrawn', withdraw_invitation.at, subject := 'invitation ' || target.id,
    before := jsonb_build_object('name', target.name, 'role', target.role));
end $$;
grant execute on function private.withdraw_invitation(uuid, bigint, timestamptz) to authenticated;

-- Takes an invitation back. Owner or admin.
create function public.withdraw_invitation(org uuid, invitation bigint)
  returns void
  language sql
  set search_path = ''
as $$
  select private.withdraw_invitation(org, invitation, now());
$$;
grant execute on function public.withdraw_invitation(uuid, bigint) to authenticated;
comment on function public.withdraw_invitation is 'Withdraws an invitation. Refuses with SW403, SW404, SW409 (accepted already).';

create function private.accept_invitation(org uuid, at timestamptz)
  returns text
  language plpgsql
  security definer
  set search_path = ''
as $$
declare
  invitation public.invitations;
begin
  if auth.uid() is null then
    perform private.refuse('SW401', 'You are signed out.', 'Sign in and try again.');
  elsif exists (select from public.members m where m.org_id = accept_invitation.org and m.user_id = auth.uid()) then
    perform private.refuse('SW409', 'You are a member already.', 'Go to the overview.');
  end if;
  -- Locked like every move of members, so that whoever invited is not removed at the same moment.
  perform from public.members m where m.org_id = accept_invitation.org order by m.user_id for update;
  select i.* into invitation from public.invitations i
  where i.org_id = accept_invitation.org and i.email = private.my_address() and i.state = 'open' for update;
  if not found or not private.still_stands(invitation, accept_invitation.at) then
    perform private.refuse('SW404', 'There is no such organization, or you are not a member of it.', 'Check the address, or ask an owner to add you.');
  end if;
  insert into public.members (org_id, user_id, role, name, locale)
  values (invitation.org_id, auth.uid(), invitation.role, invitation.name, (
    select d.locale from public.deliveries d where d.org_id = invitation.org_id and d.invitation_id = invitation.id order by d.created_at desc limit 1));
  update public.invitations i set state = 'accepted', ended_at = accept_invitation.at where i.org_id = invitation.org_id and i.id = invitation.id;
  perform private.audit(org, 'invitation.accepted', accept_invitation.at, subject := 'invitation ' || invitation.id,
    after := jsonb_build_object('role', invitation.role, 'invited_by', invitation.invited_by_name));
  return (select o.slug from public.organizations o where o.id = invitation.org_id);
end $$;
grant execute on function private.accept_invitation(uuid, timestamptz) to authenticated;

-- Makes the caller a member of the organization that invited their confirmed address. Answers its slug. Without an invitation that
-- stands it sounds like an organization there is not.
create function public.accept_invitation(org uuid)
  returns text
  language sql
  set search_path = ''
as $$
  select private.accept_invitation(org, now());
$$;
grant execute on function public.accept_invitation(uuid) to authenticated;
comment on function public.accept_invitation is 'Accepts the invitation to the caller''s confirmed address; answers the slug. Refuses with SW401, SW404, SW409 (a member already).';

alter table public.invitations enable row level security;
create policy "owners and admins see invitations, and so does whoever they are for" on public.invitations
  for select to authenticated using (
    org_id = any (array(select private.my_org_ids(array['owner', 'admin']))) or email = (select private.my_address()));
grant select on public.invitations to authenticated, service_role;
