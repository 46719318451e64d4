import type { IntegrationRow } from './rows.ts';
import { problemsFirst, STATUS_ORDER, statusOf } from './status.ts';
import type { StatusKind } from './status.ts';

export const SORTS = ['problems', 'name', 'stalest', 'open'] as const;
export type Sort = (typeof SORTS)[number];

/** What is chosen on the overview; its place is the address, so that it can be shared and Back undoes it. */
export type OverviewFilter = { text: string; statuses: readonly StatusKind[]; unstable: boolean; missing: boolean; sort: Sort };

const DAY_MS = 86_400_000;

/** Reads the filter from the address; what an address holds that means nothing is passed over. */
export function readFilter(search: URLSearchParams): OverviewFilter {
  const wanted = (search.get('status') ?? '').split(',');
  const sort = SORTS.find((one) => one === search.get('sort')) ?? 'problems';
  return {
    text: search.get('q') ?? '', statuses: STATUS_ORDER.filter((kind) => wanted.includes(kind)), unstable: search.has('unstable'),
    missing: search.has('missing'), sort,
  };
}

/** The address of a filter, without what is left as it is by itself. */
export function writeFilter({ text, statuses, unstable, missing, sort }: OverviewFilter): URLSearchParams {
  const search = new URLSearchParams();
  if (text) search.set('q', text);
  if (statuses.length > 0) search.set('status', statuses.join(','));
  if (unstable) search.set('unstable', '1');
  if (missing) search.set('missing', '1');
  if (sort !== 'problems') search.set('sort', sort);
  return search;
}

export const isFiltered = ({ text, statuses, unstable, missing }: OverviewFilter): boolean =>
  text.trim() !== '' || statuses.length > 0 || unstable || missing;

/** How many records of an integration are not across, whatever keeps them. */
export const missingOf = (row: IntegrationRow): number => row.open_failed + row.open_dead + row.open_uncertain + row.open_retrying
  + row.open_queued + row.open_accepted;

/** A run failed within the last day, whatever the light says now. */
export function isUnstable(row: Pick<IntegrationRow, 'recent_runs'>, now: number): boolean {
  return row.recent_runs.some(({ status, finished_at: at }) => status === 'failed' && at != null && now - Date.parse(at) < DAY_MS);
}

type Compare = (a: string, b: string) => number;
type Order = (a: IntegrationRow, b: IntegrationRow) => number;

const openOf = (row: IntegrationRow): number => row.open_failed + row.open_dead + row.open_uncertain + row.open_retrying;
const orders: Record<Exclude<Sort, 'problems'>, Order> = {
  name: () => 0,
  stalest: (a, b) => Date.parse(a.last_success_at ?? '1970-01-01') - Date.parse(b.last_success_at ?? '1970-01-01'),
  open: (a, b) => openOf(b) - openOf(a),
};

/** The integrations to show, in order: in every order those that failed stand first. */
export function select(rows: readonly IntegrationRow[], filter: OverviewFilter, now: number, compare: Compare): IntegrationRow[] {
  const text = filter.text.trim().toLocaleLowerCase();
  const shown = problemsFirst(rows, compare).filter((row) => (filter.statuses.length === 0 || filter.statuses.includes(statusOf(row)))
    && (!filter.unstable || isUnstable(row, now))
    && (!filter.missing || missingOf(row) > 0)
    && (text === '' || [row.name, row.system, row.slug].some((part) => part.toLocaleLowerCase().includes(text))));
  if (filter.sort === 'problems') return shown;
  const failedFirst = (row: IntegrationRow): number => (statusOf(row) === 'error' ? 0 : 1);
  const order = orders[filter.sort];
  return shown.toSorted((a, b) => failedFirst(a) - failedFirst(b) || order(a, b) || compare(a.name, b.name));
}
