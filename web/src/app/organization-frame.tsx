import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { Loaded } from '../components/loaded.tsx';
import { useClient } from '../lib/client-context.tsx';
import { TimeZone, useI18n } from '../lib/i18n.tsx';
import { usePolling } from '../lib/live.ts';
import { onClockJump } from '../lib/now.ts';
import { OrgContext } from '../lib/org.tsx';
import { organizationsQuery, overviewQuery } from '../lib/queries.ts';
import type { Organization } from '../lib/rows.ts';
import { isActive, statusOf, worstStatus } from '../lib/status.ts';
import { setTabStatus } from '../lib/tab.ts';
import { NotFound } from './not-found.tsx';
import { Shell } from './shell.tsx';

const ORGANIZATIONS_MS = 300_000;

/** The tab's title and icon tell the worst status; when reading fails they tell that nobody knows. */
function useTab(org: Organization, overview: ReturnType<typeof useOverview>): void {
  const { data, isError } = overview;
  useEffect(() => {
    const problems = data?.filter((row) => statusOf(row) === 'error').length ?? 0;
    setTabStatus({ organization: org.name, worst: isError ? 'unknown' : worstStatus(data), problems });
  }, [org.name, data, isError]);
  useEffect(() => () => setTabStatus(null), []);
}

function useOverview(org: string) {
  const client = useClient();
  const queries = useQueryClient();
  const options = overviewQuery(client, org);
  const active = isActive(queries.getQueryData(options.queryKey));
  const overview = useQuery({ ...options, ...usePolling(active) });
  const now = isActive(overview.data);
  const before = useRef(now);
  // What ran is over: every list may have changed, so none waits for its own turn.
  useEffect(() => {
    if (before.current && !now) void queries.invalidateQueries({ queryKey: ['org', org] });
    before.current = now;
  }, [now, org, queries]);
  return overview;
}

function Inside({ org, organizations }: { org: Organization; organizations: readonly Organization[] }) {
  const { suggest } = useI18n();
  const overview = useOverview(org.id);
  useTab(org, overview);
  useEffect(() => suggest(org.locale), [suggest, org.locale]);
  const value = useMemo(
    () => ({ org, overview, mayAct: org.role !== 'viewer', active: isActive(overview.data) }),
    [org, overview],
  );
  return (
    <TimeZone zone={org.time_zone}>
      <OrgContext value={value}><Shell organizations={organizations} /></OrgContext>
    </TimeZone>
  );
}

/** Everything under `/o/:org`: the organization, in its own time zone. */
export function OrganizationFrame({ slug }: { slug: string }) {
  const client = useClient();
  const queries = useQueryClient();
  const query = useQuery({ ...organizationsQuery(client), refetchInterval: ORGANIZATIONS_MS });
  useEffect(() => onClockJump(() => void queries.invalidateQueries()), [queries]);
  const org = query.data?.find((one) => one.slug === slug);
  if (org && query.data) return <Inside org={org} organizations={query.data} />;
  return (
    <main className="alone">
      <Loaded query={query}>{() => <NotFound />}</Loaded>
    </main>
  );
}
