import { noticeSchema } from '../../supabase/functions/_kit/messages/notice.ts';
import type { Notice } from '../../supabase/functions/_kit/messages/notice.ts';

/** Xledger refuses 104 records of Solsiden's for the second time in a row. */
export function aNotice(changes: Partial<Notice> = {}): Notice {
  return noticeSchema.parse({
    kind: 'opened',
    alarm: 'sync_failing',
    severity: 'high',
    organization: { name: 'Solsiden', slug: 'solsiden', time_zone: 'Europe/Oslo' },
    integration: { id: '1', name: 'Xledger', slug: 'xledger', system: 'xledger' },
    since: '2026-11-17T13:05:00.123456+00:00',
    at: '2026-11-20T10:00:00Z',
    failures: 2,
    error: { message: 'Invalid cost center code: 9999', code: 'BAD_USER_INPUT', field: 'costCenter', status: 422 },
    selected: 15_079,
    failed: 104,
    open_failed: 104,
    amounts: [{ currency: 'NOK', amount: '184200.00', records: 104 }],
    cutoff: { at: '2026-11-20T15:00:00Z', records: 104 },
    advice: 'sync_failing',
    ...changes,
  });
}

export function aCause(changes: Partial<NonNullable<Notice['cause']>> = {}): NonNullable<Notice['cause']> {
  return {
    id: '7', code: 'INVALID_CODE', field: 'costCenter', message: 'Invalid cost center code: 9999', template: 'Invalid cost center code: {}',
    values: ['9999'], records: 104, ...changes,
  };
}
