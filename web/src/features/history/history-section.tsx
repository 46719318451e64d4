import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { Loaded } from '../../components/loaded.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { useNow } from '../../lib/now.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import { openWork } from '../../lib/status.ts';
import { changedAddress, DAYS, frameOf, KINDS, readView } from './address.ts';
import type { Range, View } from './address.ts';
import { wayOf } from './bar-text.ts';
import type { Way } from './bar-text.ts';
import { BarsTable } from './bars-table.tsx';
import './history.css';
import { barsQuery, historyQuery } from './queries.ts';
import type { Bar } from './queries.ts';
import { RangeForm, useRangeText } from './range-form.tsx';
import { RunsChart } from './runs-chart.tsx';
import { Timeline } from './timeline.tsx';
import { useHistoryWords } from './use-words.ts';

type Shown = { integration: IntegrationRow; view: View; go: (change: Parameters<typeof changedAddress>[1]) => string };

function Choices({ label, of }: { label: string; of: readonly { key: string; word: string; href: string; here: boolean }[] }) {
  return (
    <nav aria-label={label}>
      <ul className="plain tabs">
        {of.map(({ key, word, href, here }) => <li key={key}><Link href={href} aria-current={here ? 'true' : undefined}>{word}</Link></li>)}
      </ul>
    </nav>
  );
}

/** What the period comes to, whatever its chart is cut into. */
function Summary({ bars, integration, way }: { bars: readonly Bar[]; integration: IntegrationRow; way: Way }) {
  const words = useHistoryWords();
  const f = useFormat();
  const sum = (pick: (bar: Bar) => number): number => bars.reduce((total, bar) => total + pick(bar), 0);
  const runs = sum((bar) => bar.runs);
  if (runs === 0) return <p>{words.empty}</p>;
  const longest = Math.max(...bars.map((bar) => bar.longest_ms ?? -1));
  const retries = sum((bar) => bar.retries);
  return (
    <>
      <p>
        {words.summary(runs, words.sent[way](f.number(sum((bar) => bar.sent))), f.number(sum((bar) => bar.failed)), longest < 0 ? '–' : f.duration(longest))}
        {retries > 0 && <> · {words.retries(retries)}</>}
      </p>
      {way === 'push' && <p className="muted">{words.final(openWork(integration).retryable)}</p>}
    </>
  );
}

function Chart({ integration, view, go }: Shown) {
  const client = useClient();
  const f = useFormat();
  const { org, active } = useOrg();
  const [, navigate] = useLocation();
  const today = f.sortable(new Date(useNow(60_000)).toISOString()).slice(0, 10);
  const way = wayOf(integration);
  const of = { org: org.id, integration: integration.integration_id };
  const polling = usePolling(active);
  const frame = useQuery({ ...barsQuery(client, of, frameOf(view, today), view.days), ...polling });
  const chosen = useQuery({ ...barsQuery(client, of, view.range, view.days), ...polling });
  const choose = (range: Range | null): void => navigate(go({ range }));
  return (
    <>
      <Loaded query={chosen}>{(bars) => <Summary bars={bars} integration={integration} way={way} />}</Loaded>
      <Loaded query={frame}>
        {(bars) => (
          <>
            <RunsChart bars={bars} range={view.range} way={way} choose={choose} />
            <BarsTable bars={bars} way={way} />
          </>
        )}
      </Loaded>
      <RangeForm range={view.range} today={today} choose={choose} />
    </>
  );
}

function List({ integration, view, go }: Shown) {
  const words = useHistoryWords();
  const client = useClient();
  const { org, active } = useOrg();
  const rangeText = useRangeText();
  const query = useQuery({ ...historyQuery(client, { org: org.id, integration: integration.integration_id }, view), ...usePolling(active) });
  const mayFold = view.kind === 'all' || view.kind === 'runs';
  return (
    <>
      <div className="row start">
        <Choices label={words.filter} of={KINDS.map((kind) => ({ key: kind, word: words.kinds[kind], href: go({ kind }), here: kind === view.kind }))} />
        {view.range && (
          <Link className="chip" href={go({ range: null })} aria-label={words.clear(rangeText(view.range))}>{rangeText(view.range)} <span aria-hidden="true">×</span></Link>
        )}
        {mayFold && <Link href={go({ folded: !view.folded })}>{view.folded ? words.unfold : words.fold}</Link>}
      </div>
      <Loaded query={query}>
        {(rows) => (
          <div className={query.isPlaceholderData ? 'stack stale' : 'stack'} aria-busy={query.isPlaceholderData || undefined}>
            <Timeline rows={rows} view={view} integration={integration} />
          </div>
        )}
      </Loaded>
    </>
  );
}

/** One line of time: runs, changes, maintenance and incidents of the last 7, 30 or 90 days or of a range; and the runs as a chart to choose from. */
export function HistorySection({ integration }: { integration: IntegrationRow }) {
  const t = useFixT();
  const id = useId();
  const { org } = useOrg();
  const [search] = useSearchParams();
  const view = readView(search, integration.every_minutes ?? 60);
  const go: Shown['go'] = (change) => `${paths.integration(org.slug, integration.slug)}?${changedAddress(search, change)}`;
  return (
    <section className="card stack history" aria-labelledby={id}>
      <div className="row">
        <h2 id={id}>{t.history.title}</h2>
        <Choices
          label={t.history.range}
          of={DAYS.map((days) => ({ key: String(days), word: t.history.days(days), href: go({ days }), here: days === view.days && !view.range }))}
        />
      </div>
      <Chart integration={integration} view={view} go={go} />
      <List integration={integration} view={view} go={go} />
    </section>
  );
}
