-- Stands in for the extension supabase_vault: the same table, view and functions, https://supabase.com/docs/guides/database/vault.
-- The key lies in the file vault.key of the server's data directory and never in the database, so neither a dump nor a
-- role without superuser rights holds it.

create schema if not exists vault;
revoke all on schema vault from public;
create schema if not exists extensions;
create extension if not exists pgcrypto with schema extensions;

create table if not exists vault.secrets (
    id          uuid primary key default gen_random_uuid(),
    name        text,
    description text not null default '',
    secret      text not null,
    key_id      uuid,
    nonce       bytea,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now()
);

create unique index if not exists secrets_name_idx on vault.secrets (name) where name is not null;

-- A server that was not set up by the stack gets its key here; a lost key is a fault, not a reason for a new one.
do $$
begin
    if (pg_stat_file('vault.key', true)).size is not null then
        return;
    end if;
    if exists (select from vault.secrets) then
        raise exception 'vault.key is missing in %: the secrets in vault.secrets can no longer be read', current_setting('data_directory');
    end if;
    execute format(
        'copy (select encode(extensions.gen_random_bytes(32), ''hex'')) to %L',
        current_setting('data_directory') || '/vault.key'
    );
end
$$;

-- One key per row: a ciphertext moved to another row can't be read there.
create or replace function vault._key(secret_id uuid)
returns text
language sql
stable
security definer
set search_path = ''
as $$
    select btrim(pg_catalog.pg_read_file('vault.key'), E' \n') || secret_id::text
$$;

create or replace function vault._encrypt(secret_id uuid, plain text)
returns text
language sql
volatile
set search_path = ''
as $$
    -- The key is random, so stretching it (s2k-mode 3) would only cost time.
    select pg_catalog.encode(
        extensions.pgp_sym_encrypt(plain, vault._key(secret_id), 'cipher-algo=aes256, s2k-mode=1, compress-algo=0'),
        'base64'
    )
$$;

create or replace view vault.decrypted_secrets as
select
    id,
    name,
    description,
    secret,
    extensions.pgp_sym_decrypt(decode(secret, 'base64'), vault._key(id)) as decrypted_secret,
    key_id,
    nonce,
    created_at,
    updated_at
from vault.secrets;

create or replace function vault.create_secret(
    new_secret text,
    new_name text default null,
    new_description text default '',
    new_key_id uuid default null
)
returns uuid
language plpgsql
volatile
set search_path = ''
as $$
declare
    new_id uuid := pg_catalog.gen_random_uuid();
begin
    insert into vault.secrets (id, name, description, secret, key_id)
    values (new_id, new_name, new_description, vault._encrypt(new_id, new_secret), new_key_id);
    return new_id;
end
$$;

create or replace function vault.update_secret(
    secret_id uuid,
    new_secret text default null,
    new_name text default null,
    new_description text default null,
    new_key_id uuid default null
)
returns void
language sql
volatile
set search_path = ''
as $$
    update vault.secrets
    set secret = coalesce(vault._encrypt(id, new_secret), secret)
      , name = coalesce(new_name, name)
      , description = coalesce(new_description, description)
      , key_id = coalesce(new_key_id, key_id)
      , updated_at = now()
    where id = secret_id
$$;

revoke all on all tables in schema vault from public;
revoke all on all functions in schema vault from public;
