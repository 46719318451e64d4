import { describe, expect, it } from 'vitest';
import { isFiltered, isUnstable, readFilter, select, SORTS, writeFilter } from '../../web/src/lib/overview-filter.ts';
import type { OverviewFilter } from '../../web/src/lib/overview-filter.ts';
import { IntegrationRow } from '../../web/src/lib/rows.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const run = (status: string, finished: string) => ({ id: '1', status, finished_at: finished, selected: 1, exported: 1, failed: 0, duration_ms: 1 });
const row = (name: string, health: string, more: Record<string, unknown> = {}): IntegrationRow => IntegrationRow.parse({
  org_id: 'o', integration_id: name, slug: name.toLowerCase(), name, system: 'xledger', direction: 'push', enabled: true, health,
  monitor_late: false, credential_keys: [], open_failed: 0, open_retrying: 0, open_uncertain: 0, open_accepted: 0, open_queued: 0, open_dead: 0, ...more,
});
const plain: OverviewFilter = { text: '', statuses: [], unstable: false, missing: false, sort: 'problems' };
const names = (filter: Partial<OverviewFilter>): string[] =>
  select(rows, { ...plain, ...filter }, NOW, (a, b) => a.localeCompare(b, 'nb')).map(({ name }) => name);

const rows = [
  row('Betaling', 'green', { last_success_at: '2026-11-20T11:00:00Z', recent_runs: [run('failed', '2026-11-20T02:00:00Z')] }),
  row('Ansatte', 'green', { last_success_at: '2026-11-19T11:00:00Z', system: 'workday', recent_runs: [run('failed', '2026-11-18T02:00:00Z')] }),
  row('Utlegg', 'red', { last_success_at: '2026-11-20T10:00:00Z', open_failed: 3 }),
  row('Ærend', 'yellow', { last_success_at: null, open_retrying: 9 }),
];

describe('the overview', () => {
  it('shows everything, problems first, while nothing is chosen', () => {
    expect(names({})).toEqual(['Utlegg', 'Ærend', 'Ansatte', 'Betaling']);
    expect(isFiltered(plain)).toBe(false);
  });

  it('keeps what failed first in every order', () => {
    expect(names({ sort: 'name' })).toEqual(['Utlegg', 'Ansatte', 'Betaling', 'Ærend']);
    expect(names({ sort: 'stalest' })).toEqual(['Utlegg', 'Ærend', 'Ansatte', 'Betaling']);
    expect(names({ sort: 'open' })).toEqual(['Utlegg', 'Ærend', 'Ansatte', 'Betaling']);
    for (const sort of SORTS) expect(names({ sort })[0]).toBe('Utlegg');
  });

  it('finds by name, slug and system, in any case', () => {
    expect(names({ text: ' ÆREND ' })).toEqual(['Ærend']);
    expect(names({ text: 'workday' })).toEqual(['Ansatte']);
    expect(names({ text: 'nothing' })).toEqual([]);
  });

  it('shows the chosen statuses only', () => {
    expect(names({ statuses: ['error', 'warning'] })).toEqual(['Utlegg', 'Ærend']);
  });

  it('calls unstable what failed within a day, though it is green now', () => {
    expect(names({ unstable: true })).toEqual(['Betaling']);
    expect(isUnstable(rows[1] as IntegrationRow, NOW)).toBe(false);
  });
});

describe('what the cut-off links to', () => {
  it('is the integrations from which something is not across, whatever keeps it', () => {
    expect(names({ missing: true })).toEqual(['Utlegg', 'Ærend']);
    expect(isFiltered({ ...plain, missing: true })).toBe(true);
  });
});

describe('its address', () => {
  it('holds every choice, and nothing for what is left alone', () => {
    const filter: OverviewFilter = { text: 'ø & å', statuses: ['error', 'ok'], unstable: true, missing: true, sort: 'name' };
    expect(readFilter(new URLSearchParams(writeFilter(filter).toString()))).toEqual(filter);
    expect(writeFilter(plain).toString()).toBe('');
  });

  it('passes over what means nothing', () => {
    expect(readFilter(new URLSearchParams('status=purple,error&sort=colour&q='))).toEqual({ ...plain, statuses: ['error'] });
  });
});
