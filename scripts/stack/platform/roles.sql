-- What every hosted project has before its first migration: the roles behind the API, and the place for extensions.
-- Applied at every start, so each statement may find its work done.

do $$
declare
    role text;
begin
    -- Roles belong to the whole server: two databases prepared at once must not trip over each other.
    perform pg_advisory_xact_lock(hashtext('syncward platform roles'));
    foreach role in array array['anon', 'authenticated', 'service_role', 'authenticator'] loop
        if not exists (select from pg_roles where rolname = role) then
            execute format('create role %I nologin noinherit', role);
        end if;
    end loop;
    if not (select rolbypassrls from pg_roles where rolname = 'service_role') then
        alter role service_role bypassrls;
    end if;
    if not pg_has_role('authenticator', 'service_role', 'member') then
        grant anon, authenticated, service_role to authenticator;
    end if;
end
$$;

grant usage on schema public to anon, authenticated, service_role;

create schema if not exists extensions;
grant usage on schema extensions to anon, authenticated, service_role;
create extension if not exists pgcrypto with schema extensions;
