import { generateKeyPairSync, verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { basic } from '../../supabase/functions/_kit/basic.ts';
import type { ConnectorContext } from '../../supabase/functions/_kit/connector.ts';
import { createHttp } from '../../supabase/functions/_kit/http.ts';
import { assertionOf } from '../../supabase/functions/_kit/jwt.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { createRefreshCache } from '../../supabase/functions/_kit/refresh.ts';
import { startVendor } from './support/vendor.ts';
import type { Vendor } from './support/vendor.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const at = new Date('2026-11-10T08:00:00Z');

let now: Date;
let vendor: Vendor;
/** Refresh tokens the service takes; each works once. */
let good: Set<string>;
let given: number;

beforeEach(async () => {
  now = at;
  good = new Set(['refresh-token-one']);
  given = 0;
  vendor = await startVendor((_request, response, body) => {
    const form = new URLSearchParams(body);
    response.setHeader('content-type', 'application/json');
    const isRefresh = form.get('grant_type') === 'refresh_token';
    if (isRefresh && !good.delete(form.get('refresh_token') ?? '')) {
      response.statusCode = 400;
      return response.end('{"error":"invalid_grant","error_description":"The refresh token is used up."}');
    }
    given += 1;
    if (isRefresh) good.add(`refresh-token-after-${given}`);
    return response.end(JSON.stringify({ access_token: `access-${given}`, expires_in: 3_600, ...(isRefresh ? { refresh_token: `refresh-token-after-${given}` } : {}) }));
  });
});
afterEach(() => vendor.stop());

const http = () => createHttp({ system: 'fake', secrets: [], local: true, clock: () => now });
const clock = (): Date => now;

describe('a signed assertion', () => {
  const claims = { issuer: 'our-app', subject: 'sync@example.org', audience: 'https://login.example.org', at };
  const parts = (assertion: string): unknown[] => assertion.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown);

  test('says who asks for whom, until when, and is signed so that the system can tell', () => {
    const assertion = assertionOf({ ...claims, privateKey: pem, keyId: 'k1', id: 'once' });
    expect(parts(assertion)).toEqual([
      { alg: 'RS256', typ: 'JWT', kid: 'k1' },
      { iss: 'our-app', sub: 'sync@example.org', aud: 'https://login.example.org', iat: 1_794_297_600, exp: 1_794_297_780, jti: 'once' },
    ]);
    const [head = '', body = '', signature = ''] = assertion.split('.');
    expect(verify('sha256', Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  test('is made with a key whose line breaks were lost to a form', () => {
    expect(assertionOf({ ...claims, privateKey: pem.replaceAll('\n', '\\n') })).toBe(assertionOf({ ...claims, privateKey: pem.replaceAll('\n', '\r\n') }));
  });

  test.each([
    ['is cut', pem.slice(0, 400)],
    ['is of another kind', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['is none', 'hush-hush-hush'],
  ])('with a key that %s is refused in words that do not hold the key', (_, key) => {
    expect(() => assertionOf({ ...claims, privateKey: key })).toThrow(/^The private key is no RSA key in PEM form\.$/);
  });

  test('is made anew for every token, and the key it is signed with is not sent', async () => {
    const tokens = createTokenCache(clock);
    let made = 0;
    const grant = { tokenUrl: vendor.url, clientId: 'our-app', clientSecret: pem, scope: '', proof: 'assertion' as const, assertion: () => `signed-${made += 1}` };
    expect([await tokens.token(http(), grant), await tokens.token(http(), grant)]).toEqual(['access-1', 'access-1']);
    now = new Date(at.getTime() + 3_600_000);
    expect(await tokens.token(http(), grant)).toBe('access-2');
    expect(vendor.requests.map(({ body }) => new URLSearchParams(body).get('assertion'))).toEqual(['signed-1', 'signed-2']);
    expect(Object.fromEntries(new URLSearchParams(vendor.requests[0]?.body))).toEqual({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: 'signed-1' });
  });
});

describe('a refresh token', () => {
  type Kept = { refreshToken: string };
  const grant = (): Parameters<ReturnType<typeof createRefreshCache>['token']>[1] => ({ tokenUrl: vendor.url, clientId: 'app', clientSecret: 'the secret of the app' });
  /** What stands in the vault, and a run that sees it as it was when it began. */
  const vault = (): { kept: Kept; run: () => ConnectorContext<unknown, Kept> } => {
    const held = { kept: { refreshToken: 'refresh-token-one' } };
    return Object.assign(held, { run: (): ConnectorContext<unknown, Kept> => {
      let was = { ...held.kept };
      return { settings: {}, credential: { ...held.kept }, http: http(), renewCredential: (becomes) => {
        if (becomes && was.refreshToken === held.kept.refreshToken) held.kept = { ...held.kept, ...becomes };
        was = { ...held.kept };
        return Promise.resolve({ ...held.kept });
      } };
    } });
  };

  test('that is exchanged for a new one is kept before the access token is given out', async () => {
    const held = vault();
    const ctx = held.run();
    const order: string[] = [];
    const { renewCredential } = ctx;
    ctx.renewCredential = (becomes) => {
      order.push('kept');
      return renewCredential?.(becomes) ?? Promise.reject(new Error('nobody keeps it'));
    };
    await createRefreshCache(clock).token(ctx, grant()).then(() => order.push('given'));
    expect(order).toEqual(['kept', 'given']);
    expect(held.kept).toEqual({ refreshToken: 'refresh-token-after-1' });
  });

  test('is used once for as long as the access token lasts, and again after', async () => {
    const cache = createRefreshCache(clock);
    const ctx = vault().run();
    expect([await cache.token(ctx, grant()), await cache.token(ctx, grant())]).toEqual(['access-1', 'access-1']);
    now = new Date(at.getTime() + 3_600_000);
    expect(await cache.token(ctx, grant())).toBe('access-2');
    expect(good).toEqual(new Set(['refresh-token-after-2']));
  });

  test('that another run has used up is found renewed where it is kept', async () => {
    const held = vault();
    const [first, second] = [held.run(), held.run()];
    await createRefreshCache(clock).token(first, grant());
    expect(await createRefreshCache(clock).token(second, grant())).toBe('access-2');
    expect(held.kept).toEqual({ refreshToken: 'refresh-token-after-2' });
    expect(good).toEqual(new Set(['refresh-token-after-2']));
  });

  test('of two runs that renew at once leaves one good credential, with which the next run works', async () => {
    const held = vault();
    const runs = [held.run(), held.run(), held.run()];
    await Promise.allSettled(runs.map((ctx) => createRefreshCache(clock).token(ctx, grant())));
    expect(good.has(held.kept.refreshToken)).toBe(true);
    await expect(createRefreshCache(clock).token(held.run(), grant())).resolves.toMatch(/^access-/);
  });

  test('that is refused for good is category auth, in the system\'s words, and nothing is kept', async () => {
    good.clear();
    const held = vault();
    await expect(createRefreshCache(clock).token(held.run(), grant())).rejects.toMatchObject({
      diagnosis: { category: 'auth', message: 'The refresh token is used up.', code: 'invalid_grant' }, delivered: 'refused' });
    expect(held.kept).toEqual({ refreshToken: 'refresh-token-one' });
  });

  test('is not thrown away where nobody would keep the new one', async () => {
    const { renewCredential: _, ...ctx } = vault().run();
    await expect(createRefreshCache(clock).token(ctx, grant())).rejects.toThrow(/nobody keeps it/);
  });
});

describe('Basic authentication', () => {
  test('carries letters beyond ASCII, and a password with a colon', () => {
    expect(basic('bjørn', 'pass:wørd')).toBe(`Basic ${Buffer.from('bjørn:pass:wørd', 'utf8').toString('base64')}`);
  });

  test('cannot have a colon in the name', () => {
    expect(() => basic('a:b', 'c')).toThrow(/no colon/);
  });
});
