import { DataAge } from '../../components/data-age.tsx';
import { StatusIcon } from '../../components/icons.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { useFormat, useT } from '../../lib/i18n.tsx';
import { useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import { countStatuses, problemsFirst } from '../../lib/status.ts';
import { Cutoff } from './cutoff.tsx';
import { IntegrationCard } from './integration-card.tsx';

function Counts({ rows }: { rows: readonly IntegrationRow[] }) {
  const t = useT();
  return (
    <ul className="plain counts">
      {countStatuses(rows).map(({ kind, count }) => (
        <li key={kind} className={`tone-${kind} pill`}><StatusIcon kind={kind} />{t.status.counts[kind](count)}</li>
      ))}
    </ul>
  );
}

/** Every integration of the organization, those with problems first. */
export function Overview() {
  const t = useT();
  const f = useFormat();
  const { org, overview } = useOrg();
  return (
    <Page title={t.overview.title} aside={<DataAge query={overview} />}>
      <Loaded query={overview}>
        {(rows) => (rows.length === 0 ? (
          <div className="card empty">
            <h2>{t.overview.emptyTitle}</h2>
            <p>{t.overview.empty}</p>
          </div>
        ) : (
          <>
            <div className="row summary">
              <Counts rows={rows} />
              <Cutoff at={org.next_cutoff} integrations={rows} />
            </div>
            <ul className="grid">
              {problemsFirst(rows, f.compare).map((row) => <IntegrationCard key={row.integration_id} org={org.slug} row={row} />)}
            </ul>
          </>
        ))}
      </Loaded>
    </Page>
  );
}
