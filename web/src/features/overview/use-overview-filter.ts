import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { readFilter, writeFilter } from '../../lib/overview-filter.ts';
import type { OverviewFilter } from '../../lib/overview-filter.ts';

/** The overview's filter, kept in the address: each choice is a step that Back undoes, what is typed is one step. */
export function useOverviewFilter() {
  const [search, setSearch] = useSearchParams();
  const filter = useMemo(() => readFilter(search), [search]);
  const change = useCallback((changed: Partial<OverviewFilter>, options: { replace?: boolean } = {}): void => {
    setSearch((before) => writeFilter({ ...readFilter(before), ...changed }), options);
  }, [setSearch]);
  const clear = useCallback(() => change({ text: '', statuses: [], unstable: false, missing: false }), [change]);
  return { filter, change, clear };
}
