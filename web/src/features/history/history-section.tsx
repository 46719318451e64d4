import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { Link, useSearchParams } from 'wouter';
import { Loaded } from '../../components/loaded.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { useNow } from '../../lib/now.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { RUN_LIMIT, runsQuery } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { Run } from '../../lib/record-rows.ts';
import { historyBars, median } from '../../lib/runs.ts';
import { RunsChart } from './runs-chart.tsx';
import { RunsTable } from './runs-table.tsx';

const RANGES = [7, 30, 90];

function RangeLinks({ integration, days }: { integration: IntegrationRow; days: number }) {
  const t = useFixT();
  const { org } = useOrg();
  const [search] = useSearchParams();
  const hrefOf = (range: number) => {
    const next = new URLSearchParams(search);
    next.set('days', String(range));
    return `${paths.integration(org.slug, integration.slug)}?${next}`;
  };
  return (
    <nav aria-label={t.history.range}>
      <ul className="plain tabs">
        {RANGES.map((range) => (
          <li key={range}><Link href={hrefOf(range)} aria-current={range === days ? 'true' : undefined}>{t.history.days(range)}</Link></li>
        ))}
      </ul>
    </nav>
  );
}

function History({ runs, days, integration }: { runs: readonly Run[]; days: number; integration: IntegrationRow }) {
  const t = useFixT();
  const f = useFormat();
  const now = useNow(60_000);
  const over = runs.filter(({ finished_at }) => finished_at);
  if (over.length === 0) return <p>{t.history.empty(days)}</p>;
  const sum = (pick: (run: Run) => number) => f.number(over.reduce((total, run) => total + pick(run), 0));
  const typical = median(over.flatMap(({ duration_ms }) => (duration_ms == null ? [] : [duration_ms])));
  const duration = typical === null ? '–' : f.duration(typical);
  return (
    <>
      <p>{t.history.summary(over.length, sum((run) => run.exported), sum((run) => run.failed), duration)}</p>
      {runs.length === RUN_LIMIT && <p className="strong">{t.history.limited(RUN_LIMIT)}</p>}
      <RunsChart {...historyBars(over, days, now)} days={days} integration={integration} />
      <RunsTable runs={runs} integration={integration} />
    </>
  );
}

/** All runs of the last 7, 30 or 90 days: how many records, how long, by whom. */
export function HistorySection({ integration }: { integration: IntegrationRow }) {
  const t = useFixT();
  const client = useClient();
  const id = useId();
  const { org, active } = useOrg();
  const [search] = useSearchParams();
  const wanted = Number(search.get('days'));
  const days = RANGES.includes(wanted) ? wanted : 7;
  const query = useQuery({ ...runsQuery(client, org.id, integration.integration_id, days), ...usePolling(active) });
  return (
    <section className="card stack" aria-labelledby={id}>
      <div className="row">
        <h2 id={id}>{t.history.title}</h2>
        <RangeLinks integration={integration} days={days} />
      </div>
      <Loaded query={query}>{(runs) => <History runs={runs} days={days} integration={integration} />}</Loaded>
    </section>
  );
}
