import { buildReport } from '../../../web/src/features/grant-report/form/build.ts';
import type { Report, GrantRecord } from '../../../web/src/features/grant-report/form/build.ts';
import { bufdir20261 } from '../../../web/src/features/grant-report/form/bufdir-2026-1.ts';

export const period = { from: '2026-01-01', to: '2026-06-30' };

export const fields = {
  organization: 'Example forening',
  organizationNumber: '912345678',
  grantNumber: 'T-2026-17',
  contact: 'Kari Example',
  spent: '301.00',
  summary: 'Vi har holdt samtaler og grupper i hele perioden, og flere enn før kom.',
};

/** Activities of the first days of the period, numbered from 1; the first costs 100.10, the second 100.20 … */
export function activities(count: number, change: Partial<GrantRecord> = {}): GrantRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    id: String(index + 1),
    integration: 'i-1',
    dismissed: false,
    sourceType: 'activity',
    sourceId: `A-${String(index + 1).padStart(4, '0')}`,
    occurredOn: `2026-01-${String((index % 28) + 1).padStart(2, '0')}`,
    payload: { activity: 'gruppe', participants: 12, hours: '1.50', municipality: '0301' },
    amount: `100.${index + 1}0`,
    currency: 'NOK',
    ...change,
  }));
}

export function reportOf(records: GrantRecord[], own: Record<string, unknown> = {}): Report {
  return buildReport(bufdir20261, period, { ...fields, ...own }, records);
}
