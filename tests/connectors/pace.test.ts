import { describe, expect, test } from 'vitest';
import type { Rate } from '../../supabase/functions/_kit/connector.ts';
import { HttpFailure } from '../../supabase/functions/_kit/http.ts';
import type { Http, HttpResponse } from '../../supabase/functions/_kit/http.ts';
import { paced } from '../../supabase/functions/_kit/pace.ts';

const ok: HttpResponse = { status: 200, headers: {}, body: '{}', json: () => ({}), requestId: null };

/** A vendor that says when each request came, and a clock that moves only by waiting. */
function pacedAt(rate: Rate, answer: () => Promise<HttpResponse> = () => Promise.resolve(ok)) {
  let now = 0;
  let out = 0;
  const came: number[] = [];
  const seen = { most: 0 };
  const http: Http = {
    failure: () => { throw new Error('not asked for'); },
    async send() {
      came.push(now);
      out += 1;
      seen.most = Math.max(seen.most, out);
      try {
        return await answer();
      } finally {
        out -= 1;
      }
    },
  };
  const time = { now: () => now, wait: (ms: number) => Promise.resolve(void (now += ms)) };
  return { came, seen, client: paced(http, rate, time), forward: (ms: number) => void (now += ms) };
}

describe('a system that allows so many requests in so many seconds', () => {
  test('gets no more within any such time, and none later than it must', async () => {
    const { client, came } = pacedAt({ requests: 3, perSeconds: 10 });
    for (let at = 0; at < 7; at += 1) await client.send({ url: 'https://example.org' });
    expect(came).toEqual([0, 0, 0, 10_000, 10_000, 10_000, 20_000]);
  });

  test('gets them at once again when time has passed', async () => {
    const { client, came, forward } = pacedAt({ requests: 2, perSeconds: 10 });
    await client.send({ url: 'https://example.org' });
    forward(6_000);
    await client.send({ url: 'https://example.org' });
    await client.send({ url: 'https://example.org' });
    expect(came).toEqual([0, 6_000, 10_000]);
  });

  test('is not waited for inside a slice for more than 20 seconds: the run pauses, and nothing was sent', async () => {
    const { client, came } = pacedAt({ requests: 1, perSeconds: 60 });
    await client.send({ url: 'https://example.org' });
    const failure = await client.send({ url: 'https://example.org' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HttpFailure);
    expect(failure).toMatchObject({ delivered: 'no', retryAfterSeconds: 60, diagnosis: { category: 'rate_limit', code: 'own_rate_limit' } });
    expect(came).toHaveLength(1);
  });
});

describe('a system that allows so many at a time', () => {
  test('never has more of them out, also when some fail', async () => {
    let sent = 0;
    const answer = (): Promise<HttpResponse> => {
      sent += 1;
      return sent % 3 === 0 ? Promise.reject(new Error('no')) : Promise.resolve(ok);
    };
    const { client, seen } = pacedAt({ requests: 100, perSeconds: 1, concurrent: 2 }, answer);
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => client.send({ url: 'https://example.org' })));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(14);
    expect(seen.most).toBe(2);
  });
});
