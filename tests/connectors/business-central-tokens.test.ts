import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { createTokenCache } from '../../supabase/functions/_kit/oauth.ts';
import type { Context } from '../../supabase/functions/sync-business-central/batch.ts';
import { businessCentral } from '../../supabase/functions/sync-business-central/connector.ts';
import { settings } from '../../supabase/functions/sync-business-central/settings.ts';
import { startBusinessCentral } from '../simulators/business-central.ts';
import type { BusinessCentralSimulator } from '../simulators/business-central.ts';
import { failureOf, localHttp, spending, testClock } from '../simulators/records.ts';
import type { TestClock } from '../simulators/records.ts';

let clock: TestClock;
let bc: BusinessCentralSimulator;
let connector: ReturnType<typeof businessCentral>;
let ctx: Context;

function context(own: Record<string, unknown> = {}, clientSecret = bc.secret()): Context {
  return {
    settings: settings.parse({
      baseUrl: bc.url,
      loginUrl: bc.url,
      tenantId: bc.tenantId,
      companyId: bc.companyId,
      journalId: bc.journalId,
      ...own,
    }),
    credential: { clientId: bc.clientId, clientSecret },
    http: localHttp('business-central', clock, [clientSecret], 300),
  };
}

const push = (records: OutgoingRecord[]): Promise<Outcome[]> => connector.push(ctx, records);

beforeEach(async () => {
  clock = testClock();
  bc = await startBusinessCentral({ clock, accounts: ['4010'] });
  connector = businessCentral(createTokenCache(clock));
  ctx = context();
});
afterEach(() => bc.stop());

describe('tokens', () => {
  it('are fetched once, however many calls need one', async () => {
    await Promise.all(spending(10).map((record) => push([record])));
    expect(bc.tokensIssued()).toBe(1);
  });

  it('are renewed once when ten calls at a time find them withdrawn', async () => {
    await push(spending(1));
    bc.rotate(bc.secret());
    const outcomes = await Promise.all(spending(11).slice(1).map((record) => push([record])));
    expect(outcomes.flat().every(({ state }) => state === 'exported')).toBe(true);
    expect(bc.tokensIssued()).toBe(2);
    expect(bc.ledger()).toHaveLength(11);
  });

  it('are renewed before they run out', async () => {
    await push(spending(1));
    clock.advance(3_400);
    await push(spending(2).slice(1));
    expect(bc.tokensIssued()).toBe(2);
    expect(bc.requests()).toBe(4);
  });

  it('are tried a second time only: a system that says no again is believed', async () => {
    bc.faults.next('expired_token', 2);
    expect(await failureOf(push(spending(1)))).toMatchObject({
      delivered: 'refused',
      status: 401,
      diagnosis: { category: 'auth', code: 'Authentication_InvalidCredentials' },
    });
    bc.faults.next('expired_token');
    expect(await push(spending(1))).toMatchObject([{ state: 'exported' }]);
  });

  it('are renewed when every operation of a batch is answered with 401, and nothing comes twice', async () => {
    bc.failPart(0, 'expired_token');
    bc.failPart(1, 'expired_token');
    expect(await push(spending(2))).toMatchObject([{ state: 'exported' }, { state: 'exported' }]);
    expect(bc.tokensIssued()).toBe(2);
    expect(bc.duplicates()).toEqual([]);
  });

  it('that run out in the middle of a batch leave what was let in exported', async () => {
    bc.failPart(1, 'expired_token');
    expect(await push(spending(2))).toMatchObject([{ state: 'exported' }, { state: 'refused', diagnosis: { category: 'auth' } }]);
    await push(spending(2).slice(1));
    expect(bc.tokensIssued()).toBe(2);
    expect(bc.duplicates()).toEqual([]);
  });

  it('that are refused for a wrong secret end in the words of the sign-in service', async () => {
    ctx = context({}, 'a-wrong-secret');
    const failure = await failureOf(push(spending(1)));
    expect(failure).toMatchObject({
      delivered: 'refused',
      status: 401,
      diagnosis: { category: 'auth', code: 'AADSTS7000215', field: null, retryable: false },
    });
    expect(failure.message).toMatch(/^Invalid client secret provided\. .*[^0-9]$/);
    expect(failure.message).not.toContain('Trace ID');
    expect(JSON.stringify(failure)).not.toContain('a-wrong-secret');
  });

  it.each([['tenantId', 'example.org', 'AADSTS90002'], ['clientId', 'nobody', 'AADSTS700016']])(
    'that are refused for the %s say so',
    async (name, value, code) => {
      if (name === 'tenantId') ctx = context({ tenantId: value });
      else ctx = { ...ctx, credential: { ...ctx.credential, clientId: value } };
      expect(await failureOf(push(spending(1)))).toMatchObject({ delivered: 'refused', diagnosis: { category: 'auth', code } });
    },
  );

  it.each(['hang', 'error_before', 'reset', 'gateway_html'] as const)(
    'that cannot be fetched (%s) leave the records unsent and the next call free to try',
    async (fault) => {
      bc.faults.next(fault, 1, 'token');
      expect(await failureOf(push(spending(1)))).toMatchObject({ delivered: 'no' });
      expect(await push(spending(1))).toMatchObject([{ state: 'exported' }]);
    },
  );
});
