import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { Link, useSearchParams } from 'wouter';
import { Loaded } from '../../components/loaded.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { PAGE_SIZE, causesQuery } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import { openWork } from '../../lib/status.ts';
import { CauseCard } from './cause-card.tsx';
import { ClosedTable } from './closed-table.tsx';
import { DownloadButton } from './download-button.tsx';
import { RecordsTable } from './records-table.tsx';
import { RetryButton } from './retry-button.tsx';

function Causes({ integration }: { integration: IntegrationRow }) {
  const t = useFixT();
  const client = useClient();
  const { org, active } = useOrg();
  const query = useQuery({ ...causesQuery(client, org.id, integration.integration_id), ...usePolling(active) });
  return (
    <Loaded query={query}>
      {(causes) => causes.length > 0 && (
        <div className="causes">
          {causes.map((cause) => <CauseCard key={cause.id} cause={cause} integration={integration} among={causes.map(({ id }) => id)} />)}
          {causes.length === PAGE_SIZE && <p className="muted">{t.failed.causesMore}</p>}
        </div>
      )}
    </Loaded>
  );
}

function StateFilter({ integration, chosen }: { integration: IntegrationRow; chosen: string | null }) {
  const t = useFixT();
  const f = useFormat();
  const { org } = useOrg();
  const href = paths.integration(org.slug, integration.slug);
  const closed = [['exported', t.closed.resolved], ['dismissed', t.closed.dismissed]] as const;
  const counts: [string | null, string, number][] = [
    [null, t.failed.all, openWork(integration).total],
    ['failed', t.failed.states.failed ?? 'failed', integration.open_failed],
    ['retrying', t.failed.states.retrying ?? 'retrying', integration.open_retrying],
    ['uncertain', t.failed.states.uncertain ?? 'uncertain', integration.open_uncertain],
    ['dead', t.failed.states.dead ?? 'dead', integration.open_dead],
  ];
  return (
    <nav aria-label={t.failed.stateFilter}>
      <ul className="plain tabs">
        {counts.filter(([state, , n]) => n > 0 || state === null || state === chosen).map(([state, word, n]) => (
          <li key={word}>
            <Link href={state ? `${href}?state=${state}` : href} aria-current={state === chosen ? 'true' : undefined}>
              {word} {f.number(n)}
            </Link>
          </li>
        ))}
        {closed.map(([state, word]) => (
          <li key={state}><Link href={`${href}?state=${state}`} aria-current={state === chosen ? 'true' : undefined}>{word}</Link></li>
        ))}
      </ul>
    </nav>
  );
}

/** What of a state a retry would send. */
function totalOf(integration: IntegrationRow, state: string | null): number {
  if (state === 'failed') return integration.open_failed;
  if (state === 'dead') return integration.open_dead;
  return openWork(integration).retryable;
}

function Records({ integration, state }: { integration: IntegrationRow; state: string | null }) {
  const t = useFixT();
  const { total } = openWork(integration);
  if (state === 'exported' || state === 'dismissed') return <ClosedTable key={state} integration={integration} state={state} />;
  if (total === 0) return null;
  return (
    <RecordsTable
      key={state} integration={integration} filter={state ? { state } : {}} empty={t.failed.noneOfState} total={totalOf(integration, state)}
    />
  );
}

/** What did not get across: by cause, then record by record, with the buttons that send it again; and what is over. */
export function FailedSection({ integration, fetchedAt }: { integration: IntegrationRow; fetchedAt: number }) {
  const t = useFixT();
  const f = useFormat();
  const id = useId();
  const [search] = useSearchParams();
  const state = search.get('state');
  const isClosed = state === 'exported' || state === 'dismissed';
  const { total, retryable } = openWork(integration);
  return (
    <section className="card stack" aria-labelledby={id}>
      <div className="row">
        <h2 id={id}>{t.failed.title}{total > 0 && ` (${f.number(total)})`}</h2>
        {retryable > 0 && <RetryButton integration={integration} scope={{ kind: 'open' }} count={retryable} label={t.retry.all(retryable)} />}
      </div>
      {total === 0 ? <p>{t.failed.none(f.dateTime(new Date(fetchedAt).toISOString()))}</p> : <Causes integration={integration} />}
      <div className="row">
        <h3>{t.failed.records}</h3>
        {total > 0 && !isClosed && <DownloadButton integration={integration} filter={state ? { state } : {}} />}
      </div>
      <StateFilter integration={integration} chosen={state} />
      <Records integration={integration} state={state} />
    </section>
  );
}
