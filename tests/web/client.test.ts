import { describe, expect, it, vi } from 'vitest';
import { ApiError, mayPass } from '../../web/src/lib/api-error.ts';
import { makeClient } from '../../web/src/lib/client.ts';
import { organizationsQuery, overviewQuery, readRows } from '../../web/src/lib/queries.ts';
import { Organization } from '../../web/src/lib/rows.ts';

const CONFIG = { apiUrl: 'https://project.example.org', publishableKey: 'sb_publishable_for_tests' };

type Call = { path: string; authorization: string | null };

type Arranged = { expiresInSeconds: number | null; auth: () => Promise<Response>; rest?: () => Promise<Response> };

/** The page's client with a session in storage (or none), an Auth server that answers as told, and a note of every call. */
function arrange({ expiresInSeconds, auth, rest: data = () => Promise.resolve(Response.json([])) }: Arranged) {
  const calls: Call[] = [];
  const storage = new Map<string, string>();
  if (expiresInSeconds !== null) {
    storage.set('syncward-session', JSON.stringify({
      access_token: 'member-token', refresh_token: 'refresh', token_type: 'bearer', expires_in: 3600,
      expires_at: Math.floor(Date.now() / 1000) + expiresInSeconds, user: { id: 'kari', email: 'kari@example.org' },
    }));
  }
  const client = makeClient(CONFIG, {
    fetch: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      calls.push({ path: url.pathname, authorization: new Headers(init?.headers).get('Authorization') });
      return url.pathname.startsWith('/auth/') ? auth() : data();
    },
    storage: {
      getItem: (key) => storage.get(key) ?? null,
      setItem: (key, value) => void storage.set(key, value),
      removeItem: (key) => void storage.delete(key),
    },
    autoRefresh: false,
    sessionTimeoutMs: 10_000,
  });
  const read = () => readRows(Organization, client.db.from('my_organizations').select());
  return { client, read, rest: () => calls.filter(({ path }) => path.startsWith('/rest/')) };
}

const refused = () =>
  Promise.resolve(Response.json({ code: 'refresh_token_not_found', message: 'Invalid Refresh Token' }, { status: 400 }));

async function failureOf(reading: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await reading.then(() => null, (reason: unknown) => reason);
  if (!(error instanceof ApiError)) throw new Error(`expected an ApiError, got ${String(error)}`);
  return error;
}

describe('reading as a member', () => {
  it('carries the member’s own token, never the publishable key as a token', async () => {
    const { read, rest } = arrange({ expiresInSeconds: 3600, auth: refused });
    await expect(read()).resolves.toEqual([]);
    expect(rest()).toEqual([{ path: '/rest/v1/my_organizations', authorization: 'Bearer member-token' }]);
  });

  it('signed out, sends nothing and says that the session has ended', async () => {
    const { read, rest } = arrange({ expiresInSeconds: null, auth: refused });
    expect(await failureOf(read())).toMatchObject({ kind: 'session', code: 'NO_SESSION', status: 401 });
    expect(rest()).toEqual([]);
  });

  it('with an expired session that Auth refuses to renew, sends nothing and never answers with an empty list', async () => {
    const { read, rest } = arrange({ expiresInSeconds: -60, auth: refused });
    expect(await failureOf(read())).toMatchObject({ kind: 'session', code: 'NO_SESSION', status: 401 });
    expect(rest()).toEqual([]);
  });

  it.each([
    ['is down', () => Promise.resolve(new Response('upstream', { status: 503 }))],
    ['cannot be reached', () => Promise.reject(new TypeError('fetch failed'))],
    ['never answers', () => new Promise<Response>(() => undefined)],
  ])('with an expired session while Auth %s, sends nothing and says that sign-in does not answer', async (_, auth) => {
    vi.useFakeTimers();
    try {
      const { read, rest } = arrange({ expiresInSeconds: -60, auth });
      const failure = failureOf(read());
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await failure).toMatchObject({ kind: 'auth_down', code: 'AUTH_UNREACHABLE', status: 503 });
      expect(rest()).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });
});

it('asks once: whether to ask again is decided in one place only', async () => {
  const { client, read, rest } = arrange({ expiresInSeconds: 3600, auth: refused, rest: () => Promise.resolve(new Response('upstream', { status: 503 })) });
  const failure = await failureOf(read());
  expect(failure).toMatchObject({ kind: 'server', status: 503 });
  expect(mayPass(failure)).toBe(true);
  expect(rest()).toHaveLength(1);
  expect(await failureOf(readRows(Organization, client.db.rpc('sync_now')))).toMatchObject({ status: 503 });
  expect(rest()).toHaveLength(2);
});

it.each([-3, 3])('with a clock %i hours wrong, the session lasts as long as Auth says and is not renewed at every request', async (wrong) => {
  const serverNow = Math.floor(Date.now() / 1000) - wrong * 3600;
  const session = { access_token: 'fresh', refresh_token: 'r', token_type: 'bearer', expires_in: 3600, expires_at: serverNow + 3600, user: { id: 'kari' } };
  let asked = 0;
  const { client, read, rest } = arrange({ expiresInSeconds: null, auth: () => {
    asked += 1;
    return Promise.resolve(Response.json(session));
  } });
  await client.auth.signInWithPassword({ email: 'kari@example.org', password: 'a long password' });
  for (let n = 0; n < 3; n += 1) await read();
  expect([asked, rest().length, rest()[2]?.authorization]).toEqual([1, 3, 'Bearer fresh']);
});

describe('what an answer turns into', () => {
  const answer = (data: unknown, status = 200) => Promise.resolve({ data, error: null, status });
  const failed = (code: string, status: number, hint = '') =>
    Promise.resolve({ data: null, error: { message: 'because', code, hint }, status });

  it('is refused when a row is not what the page expects, instead of being shown as nothing', async () => {
    expect(await failureOf(readRows(Organization, answer([{ id: 1 }])))).toMatchObject({ kind: 'shape' });
  });

  it.each([
    ['42501', 403, 'forbidden'], ['PGRST301', 401, 'session'], ['SW403', 400, 'refused'], ['', 0, 'unreachable'], ['XX000', 500, 'server'],
  ])('code %j with status %i is of the kind %s', async (code, status, kind) => {
    expect(await failureOf(readRows(Organization, failed(code, status)))).toMatchObject({ kind, code });
  });

  it('keeps the database’s advice and drops an empty one', async () => {
    expect((await failureOf(readRows(Organization, failed('SW409', 400, 'Switch it on first.')))).hint).toBe('Switch it on first.');
    expect((await failureOf(readRows(Organization, failed('SW409', 400)))).hint).toBeNull();
  });
});

it('each organization has its own place in the cache', () => {
  const { client } = arrange({ expiresInSeconds: null, auth: refused });
  expect(overviewQuery(client, 'a').queryKey).not.toEqual(overviewQuery(client, 'b').queryKey);
  expect(organizationsQuery(client).queryKey).toEqual(['organizations']);
});
