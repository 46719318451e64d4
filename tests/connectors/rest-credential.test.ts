import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import { secretsIn } from '../../supabase/functions/_kit/secrets.ts';
import { rest } from '../../supabase/functions/sync-rest/connector.ts';
import { credential } from '../../supabase/functions/sync-rest/settings.ts';
import { failureOf, testClock } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';
import { startRest } from '../simulators/rest.ts';
import type { RestOptions, RestSimulator } from '../simulators/rest.ts';
import { contextOf, orders } from './support/work-orders.ts';
import type { Json } from './support/work-orders.ts';

let clock: TestClock;
let vendor: RestSimulator;
let connector: ReturnType<typeof rest>;

const context = (own: Json = {}, given: Json = { apiKey: vendor.secret() }) => contextOf(vendor, clock, own, given);

async function start(more: Partial<RestOptions> = {}): Promise<void> {
  clock = testClock();
  vendor = await startRest({ clock, ...more });
  connector = rest(createTokenCache(clock));
}

beforeEach(() => start());
afterEach(() => vendor.stop());

describe('the credential of any interface', () => {
  const ways = {
    header: [{ kind: 'header', name: 'X-Api-Key' }, (secret: string) => ({ apiKey: secret })],
    query: [{ kind: 'query', name: 'api_key' }, (secret: string) => ({ apiKey: secret })],
    basic: [{ kind: 'basic' }, (secret: string) => ({ username: 'syncward', password: secret })],
    bearer: [{ kind: 'bearer' }, (secret: string) => ({ token: secret })],
    oauth: [{ kind: 'oauth', extra: { audience: 'work-orders' } }, (secret: string) => ({ clientId: 'syncward', clientSecret: secret })],
  } as const;

  it.each(Object.keys(ways) as (keyof typeof ways)[])('goes out as %s, and check says who we are', async (kind) => {
    await vendor.stop();
    await start({ auth: kind });
    const [auth, given] = ways[kind];
    const own = { auth: { ...auth, ...(kind === 'oauth' ? { tokenUrl: `${vendor.url}/oauth/token` } : {}) } };
    expect(await connector.check?.(context(own, given(vendor.secret())))).toEqual({ as: 'Example maintenance', warnings: [] });
    const failure = await failureOf(Promise.resolve(connector.check?.(context(own, given('wrong-secret-of-ours')))));
    expect(failure).toMatchObject({ diagnosis: { category: 'auth' } });
    expect(JSON.stringify(failure)).not.toContain('wrong-secret-of-ours');
  });

  it('proves a client by Basic where the settings say so', async () => {
    await vendor.stop();
    await start({ auth: 'oauth' });
    const auth = { kind: 'oauth', proof: 'basic', extra: { audience: 'work-orders' }, tokenUrl: `${vendor.url}/oauth/token` };
    const ctx = context({ auth }, { clientId: 'syncward', clientSecret: vendor.secret() });
    expect(await connector.check?.(ctx)).toMatchObject({ as: 'Example maintenance' });
  });

  it('is sent to no host but its own, whatever the settings say', async () => {
    const elsewhere = { ...context(), credential: credential.parse({ hosts: ['api.example.org'], apiKey: vendor.secret() }) };
    expect(await failureOf(connector.push(elsewhere, orders(1)))).toMatchObject({
      delivered: 'no',
      diagnosis: { code: 'credential_for_another_host', category: 'auth', field: 'baseUrl' },
    });
    expect(vendor.requests()).toBe(0);
  });

  it('is not shown to a token address on another host', async () => {
    const auth = { kind: 'oauth', tokenUrl: 'https://login.example.org/token' };
    const ctx = context({ auth }, { clientId: 'syncward', clientSecret: vendor.secret() });
    expect(await failureOf(connector.push(ctx, orders(1)))).toMatchObject({
      delivered: 'no',
      diagnosis: { code: 'credential_for_another_host', message: expect.stringContaining('login.example.org') as string },
    });
  });

  it('names its hosts in words that are not taken for secrets', () => {
    expect(secretsIn({ hosts: ['api.example.org'], apiKey: 'a-secret-of-ours' })).toEqual(['a-secret-of-ours']);
  });

  it('of another kind than the settings ask for is said so', async () => {
    expect(await failureOf(Promise.resolve(connector.check?.(context({}, { token: 'abc' }))))).toMatchObject({
      delivered: 'no',
      diagnosis: { code: 'credential_of_another_kind', category: 'auth' },
    });
  });
});
