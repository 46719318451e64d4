import type { Sql } from 'postgres';

/** Someone who can sign in. */
export type User = { id: string; email: string };

/**
 * Makes a user who can sign in with e-mail and password at once, as signing up does with confirmation off. Done in SQL,
 * so that it needs neither a running API nor an admin API, which the embedded one has not.
 */
export async function createUser(sql: Sql, email: string, password: string): Promise<User> {
  const address = email.toLowerCase();
  const [user] = await sql<{ id: string }[]>`
    with made as (
      insert into auth.users (id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
      values (
        gen_random_uuid(), 'authenticated', 'authenticated', ${address},
        extensions.crypt(${password}, extensions.gen_salt('bf', 4)), now(),
        '{"provider": "email", "providers": ["email"]}', '{}', now(), now()
      )
      returning id
    )
    insert into auth.identities (id, provider, provider_id, user_id, identity_data, created_at, updated_at)
    select
      gen_random_uuid(), 'email', id::text, id,
      jsonb_build_object('sub', id, 'email', ${address}::text, 'email_verified', true), now(), now()
    from made
    returning user_id as id`;
  if (!user) throw new Error(`No user was made for ${address}`);
  return { id: user.id, email: address };
}
