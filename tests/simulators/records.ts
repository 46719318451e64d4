import type { OutgoingRecord } from '../../supabase/functions/_kit/connector.ts';
import { createHttp, HttpFailure } from '../../supabase/functions/_kit/http.ts';
import type { Http } from '../../supabase/functions/_kit/http.ts';

/** A time that only moves when told to. */
export type TestClock = (() => Date) & { advance(seconds: number): void };

export function testClock(start = '2017-03-01T08:00:00Z'): TestClock {
  let now = new Date(start).getTime();
  return Object.assign(() => new Date(now), {
    advance: (seconds: number) => {
      now += seconds * 1_000;
    },
  });
}

/** Spending records as an app hands them in, numbered from 1. */
export function spending(count: number, change: Partial<OutgoingRecord> = {}): OutgoingRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    key: `key-${index + 1}`,
    sourceType: 'invoice',
    sourceId: String(index + 1),
    version: 1,
    payload: { account: '4010', postingDate: '2017-02-07', documentNumber: `1034526 - ${index + 1}`, description: 'Consulting' },
    amount: `${index + 1}.10`,
    currency: 'NOK',
    occurredOn: '2017-02-07',
    externalId: null,
    ...change,
  }));
}

export function withPayload(record: OutgoingRecord, payload: Record<string, unknown>): OutgoingRecord {
  return { ...record, payload: { ...record.payload, ...payload } };
}

export function localHttp(system: string, clock: () => Date, secrets: string[], timeoutMs = 2_000): Http {
  return createHttp({ system, secrets, local: true, clock, timeoutMs });
}

/** The failure a call ends in; anything else is an error of the test. */
export async function failureOf(work: Promise<unknown>): Promise<HttpFailure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof HttpFailure) return error;
    throw error;
  }
  throw new Error('It was expected to fail, and did not.');
}
