import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import type { ReactNode } from 'react';
import { Link, useSearchParams } from 'wouter';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { membersQuery, trailQuery } from '../../lib/manage-queries.ts';
import type { TrailFilter } from '../../lib/manage-queries.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { PAGE_SIZE } from '../../lib/record-queries.ts';
import { EntryItem } from './entry-item.tsx';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NUMBER = /^\d{1,18}$/;
const ACTION = /^[a-z_.]{1,60}\*?$/;

/** Reads the filter from the address; what means nothing there is passed over. */
export function readTrailFilter(search: URLSearchParams): TrailFilter {
  const taken = (name: string, shape: RegExp): string => {
    const value = search.get(name) ?? '';
    return shape.test(value) || (name === 'person' && value === 'nobody') ? value : '';
  };
  return {
    integration: taken('integration', UUID), action: taken('action', ACTION), person: taken('person', UUID),
    before: taken('before', NUMBER), entry: taken('entry', NUMBER),
  };
}

function Choice({ label, value, change, children }: { label: string; value: string; change: (value: string) => void; children: ReactNode }) {
  const words = useManageWords().audit;
  const id = useId();
  return (
    <div className="form">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => change(event.currentTarget.value)}>
        <option value="">{words.all}</option>
        {children}
      </select>
    </div>
  );
}

function Filters({ filter, set }: { filter: TrailFilter; set: (changed: Partial<TrailFilter>) => void }) {
  const words = useManageWords().audit;
  const client = useClient();
  const { org, overview } = useOrg();
  const members = useQuery(membersQuery(client, org.id));
  const known = members.data?.some(({ user_id: user }) => user === filter.person);
  return (
    <div className="fields">
      <Choice label={words.integration} value={filter.integration} change={(integration) => set({ integration })}>
        {overview.data?.map((row) => <option key={row.integration_id} value={row.integration_id}>{row.name}</option>)}
      </Choice>
      <Choice label={words.action} value={filter.action} change={(action) => set({ action })}>
        {Object.entries(words.groups).map(([group, word]) => <option key={group} value={group}>{word}</option>)}
      </Choice>
      <Choice label={words.person} value={filter.person} change={(person) => set({ person })}>
        {members.data?.map(({ user_id: user, name, email }) => <option key={user} value={user}>{name || email || user}</option>)}
        {filter.person && filter.person !== 'nobody' && members.data && !known && <option value={filter.person}>{filter.person}</option>}
        <option value="nobody">{words.nobody}</option>
      </Choice>
    </div>
  );
}

/** Who did what: filtered by what the address says, fifty at a time, each entry with an address of its own. */
export function AuditPage() {
  const words = useManageWords().audit;
  const client = useClient();
  const { org } = useOrg();
  const [search, setSearch] = useSearchParams();
  const filter = readTrailFilter(search);
  const query = useQuery(trailQuery(client, org.id, filter));
  const address = (changed: Partial<TrailFilter>): URLSearchParams =>
    new URLSearchParams(Object.entries({ ...filter, ...changed }).filter(([, value]) => value !== ''));
  const narrowed = Boolean(filter.integration || filter.action || filter.person);
  const empty = filter.entry ? words.emptyEntry : narrowed ? words.emptyFiltered : words.empty;
  return (
    <Page title={words.title}>
      <p className="muted">{words.what}</p>
      <Filters filter={filter} set={(changed) => setSearch(address({ before: '', entry: '', ...changed }))} />
      {(narrowed || filter.entry) && <p><Link href={paths.audit(org.slug)}>{words.clear}</Link></p>}
      <Loaded query={query}>
        {(entries) => (
          <div className={query.isPlaceholderData ? 'stack stale' : 'stack'} aria-busy={query.isPlaceholderData || undefined}>
            {entries.length === 0 ? <p className="card">{empty}</p>
              : <ul className="plain stack">{entries.map((entry) => <EntryItem key={entry.id} entry={entry} />)}</ul>}
            <nav className="row start" aria-label={words.title}>
              {filter.before && <Link href={`${paths.audit(org.slug)}?${address({ before: '' }).toString()}`}>{words.newest}</Link>}
              {entries.length === PAGE_SIZE && !filter.entry
                ? <Link href={`${paths.audit(org.slug)}?${address({ before: entries.at(-1)?.id ?? '' }).toString()}`}>{words.older}</Link>
                : entries.length > 0 && !filter.entry && <p className="muted">{words.end}</p>}
            </nav>
          </div>
        )}
      </Loaded>
    </Page>
  );
}
