import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { beforeAll, expect, test } from 'vitest';
import { testStack, type TestStack } from '../support/stack.ts';

const schema = `
  create schema shelf_private;
  create table public.libraries (id uuid primary key default gen_random_uuid(), name text not null);
  create table public.readers (library_id uuid references public.libraries, user_id uuid references auth.users, primary key (library_id, user_id));
  create table public.books (
    id bigint generated always as identity primary key, library_id uuid not null references public.libraries,
    title text unique, price numeric(14, 2), bought_at timestamptz default '2026-03-01T10:00:00.5Z', tags jsonb
  );
  create table public.locked (id int);
  insert into public.locked values (1);
  alter table public.libraries enable row level security;
  alter table public.readers enable row level security;
  alter table public.books enable row level security;
  create function shelf_private.my_libraries() returns setof uuid language sql stable security definer set search_path = ''
    as $$ select library_id from public.readers where user_id = (select auth.uid()) $$;
  create policy "readers see their books" on public.books for select to authenticated
    using (library_id = any (array(select shelf_private.my_libraries())));
  create policy "readers see their libraries" on public.libraries for select to authenticated
    using (id = any (array(select shelf_private.my_libraries())));
  grant usage on schema shelf_private to authenticated;
  grant execute on function shelf_private.my_libraries to authenticated;
  grant select on public.libraries, public.books to authenticated;
  grant all on public.libraries, public.books to service_role;
  create function public.echo(value jsonb, note text default 'none') returns jsonb language sql stable
    as $$ select jsonb_build_object('value', value, 'note', note, 'role', auth.role(), 'user', auth.uid()) $$;
  create function public.refuse(code text) returns void language plpgsql as $$
    begin raise exception 'not like this' using errcode = code, hint = 'try otherwise', detail = 'because'; end $$;
  grant execute on function public.echo, public.refuse to anon, authenticated, service_role;
`;

/** The tables below are made for these tests only: their rows are of any shape. */
type Row = Record<string, unknown>;
type AnyDatabase = { public: {
  Tables: Record<string, { Row: Row; Insert: Row; Update: Row; Relationships: [] }>;
  Views: Record<string, never>;
  Functions: Record<string, { Args: Row; Returns: unknown }>;
} };

let stack: TestStack;
let userId: string;
let reader: Client;
let service: Client;

type Client = SupabaseClient<AnyDatabase>;

const open = (key: string): Client => createClient<AnyDatabase>(stack.apiUrl ?? '', key, { auth: { persistSession: false, autoRefreshToken: false } });

beforeAll(async () => {
  stack = await testStack({ parts: ['api'] });
  await stack.sql.unsafe(schema).simple();
  ({ id: userId } = await stack.createUser('ida@example.org', 'a long password'));
  const [{ id: mine }, { id: theirs }] = await stack.sql<[{ id: string }, { id: string }]>`insert into public.libraries (name) values ('mine'), ('theirs') returning id`;
  await stack.sql`insert into public.readers values (${mine}, ${userId})`;
  await stack.sql`insert into public.books (library_id, title, price) select ${mine}, 'mine ' || n, n / 10.0 from generate_series(1, 3) n`;
  await stack.sql`insert into public.books (library_id, title) select ${theirs}, 'theirs ' || n from generate_series(1, 5) n`;
  reader = open(stack.publishableKey);
  await reader.auth.signInWithPassword({ email: 'ida@example.org', password: 'a long password' });
  service = open(stack.secretKey);
});

test('a signed-in user sees the rows her policies allow', async () => {
  const { data, count, error } = await reader.from('books').select('title, price, bought_at', { count: 'exact' }).order('id');

  expect(error).toBeNull();
  expect(count).toBe(3);
  expect(data?.[0]).toEqual({ title: 'mine 1', price: 0.1, bought_at: '2026-03-01T10:00:00.5+00:00' });
});

test('related rows come along, under their own policies', async () => {
  const { data } = await reader.from('libraries').select('name, books(title)');

  expect(data).toEqual([{ name: 'mine', books: [{ title: 'mine 1' }, { title: 'mine 2' }, { title: 'mine 3' }] }]);
});

test('the secret key sees everything it is granted', async () => {
  expect((await service.from('books').select('*', { count: 'exact', head: true })).count).toBe(8);
});

test('what is granted to nobody is refused to everybody, policies or not', async () => {
  for (const client of [reader, service, open(stack.publishableKey)]) {
    expect((await client.from('locked').select()).error).toMatchObject({ code: '42501', message: 'permission denied for table locked' });
  }
  expect((await reader.from('books').insert({ title: 'x' })).error).toMatchObject({ code: '42501' });
  expect((await open(stack.publishableKey).from('books').select()).error).toMatchObject({ code: '42501' });
});

test('answering requests changes no grant', async () => {
  const { sql } = stack;
  await reader.from('books').select();

  const [granted] = await sql`
    select
      has_table_privilege('anon', 'public.books', 'select') as anon
      , has_table_privilege('authenticated', 'public.books', 'insert') as member
      , has_schema_privilege('anon', 'shelf_private', 'usage') as private`;

  expect(granted).toEqual({ anon: false, member: false, private: false });
});

test.each([
  ['an object', { a: [1, { b: null }] }], ['a list', [1, 'two']], ['a text', 'plain'], ['a number', 5], ['a truth', true], ['nothing', null],
])('%s given to a function arrives as it was', async (_, value) => {
  const { data } = await reader.rpc('echo', { value });

  expect(data).toEqual({ value, note: 'none', role: 'authenticated', user: userId });
});

test('rows are written again by their key', async () => {
  const [library] = await stack.sql<{ id: string }[]>`select id from public.libraries where name = 'theirs'`;
  const rows = [{ library_id: library?.id, title: 'theirs 1', price: '12345678901.25', tags: { a: 1 } }];

  const { data, error } = await service.from('books').upsert(rows, { onConflict: 'title' }).select('title, price, tags');

  expect(error).toBeNull();
  expect(data).toEqual([{ title: 'theirs 1', price: 12345678901.25, tags: { a: 1 } }]);
  expect(await stack.sql`select price from public.books where title = 'theirs 1'`).toEqual([{ price: '12345678901.25' }]);
});

test.each([['SW001', 400], ['P0001', 400], ['42501', 403], ['23505', 409], ['40001', 500]])(
  'the error %s raised by a function reaches the caller with its own words',
  async (code, status) => {
    const answer = await reader.rpc('refuse', { code });

    expect(answer.status).toBe(status);
    expect(answer.error).toMatchObject({ code, message: 'not like this' });
  },
);

test.each([
  ['no key', {}, 401],
  ['an unknown key', { apikey: 'sb_publishable_unknown' }, 401],
  ['a forged token', { apikey: 'PUBLISHABLE', authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.' }, 401],
  ['the secret key in a browser', { apikey: 'SECRET', 'user-agent': 'Mozilla/5.0 (X11) Chrome/150' }, 401],
])('a request with %s is refused', async (_, headers: Record<string, string>, status) => {
  const keys: Record<string, string> = { PUBLISHABLE: stack.publishableKey, SECRET: stack.secretKey };
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, keys[value] ?? value]));

  expect((await fetch(`${stack.apiUrl}/rest/v1/books`, { headers: sent })).status).toBe(status);
});

test('only the schema public is there', async () => {
  for (const name of ['auth', 'vault', 'cron', 'net', 'shelf_private']) {
    expect(await (await fetch(`${stack.apiUrl}/rest/v1/users`, { headers: { apikey: stack.secretKey, 'accept-profile': name } })).json()).toMatchObject({ code: 'PGRST106' });
  }
});

test('a question that cannot be read is refused, with or without a body to the answer', async () => {
  for (const method of ['GET', 'HEAD']) {
    const response = await fetch(`${stack.apiUrl}/rest/v1/books?select=%22%3E%3Csvg%3E`, { method, headers: { apikey: stack.secretKey } });
    expect([method, response.status]).toEqual([method, 400]);
  }
});

test('a long answer travels packed to whoever can unpack it, a short one and one to another as it is', async () => {
  await stack.sql`update public.books set tags = ${stack.sql.json(Array.from({ length: 400 }, () => 'tag'))} where title = 'theirs 1'`;
  const ask = async (query: string, encoding: string): Promise<[packed: string | null, rows: unknown]> => {
    const response = await fetch(`${stack.apiUrl}/rest/v1/books?${query}`, { headers: { apikey: stack.secretKey, 'accept-encoding': encoding } });
    return [response.headers.get('content-encoding'), await response.json()];
  };

  const [packed, rows] = await ask('select=title,tags', 'br, gzip');
  expect(packed).toBe('gzip');
  expect(rows).toHaveLength(8);
  expect(await ask('select=title,tags', 'identity')).toEqual([null, rows]);
  expect(await ask('select=title&title=eq.theirs%201', 'gzip')).toEqual([null, [{ title: 'theirs 1' }]]);
});

test('a wrong password is refused, a right one gives a session of an hour', async () => {
  const client = open(stack.publishableKey);

  expect((await client.auth.signInWithPassword({ email: 'ida@example.org', password: 'wrong' })).error).toMatchObject({ code: 'invalid_credentials' });
  const { data } = await client.auth.signInWithPassword({ email: 'IDA@example.org', password: 'a long password' });
  expect(data.session).toMatchObject({ expires_in: 3600, user: { id: userId } });
});

test('a page of another origin may not read the answers, and the page of the stack may', async () => {
  const ask = async (origin: string, method = 'GET'): Promise<string | null> => {
    const headers = { origin, apikey: stack.publishableKey, 'access-control-request-headers': 'apikey' };
    return (await fetch(`${stack.apiUrl}/rest/v1/books`, { method, headers })).headers.get('access-control-allow-origin');
  };

  expect(await ask('http://127.0.0.1:54325')).toBe('http://127.0.0.1:54325');
  expect(await ask('http://127.0.0.1:54325', 'OPTIONS')).toBe('http://127.0.0.1:54325');
  expect(await ask('http://evil.example.org')).toBeNull();
  expect(await ask('http://evil.example.org', 'OPTIONS')).toBeNull();
});
