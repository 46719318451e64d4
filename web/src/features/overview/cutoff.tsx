import { Link } from 'wouter';
import { ClockIcon, StatusIcon } from '../../components/icons.tsx';
import { cutoffStage } from '../../lib/cutoff.ts';
import { sumAmounts } from '../../lib/decimal.ts';
import { useFormat, useT } from '../../lib/i18n.tsx';
import { useNow } from '../../lib/now.ts';
import { missingOf, writeFilter } from '../../lib/overview-filter.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import { useOverviewFilter } from './use-overview-filter.ts';

const MINUTE_MS = 60_000;

/** Time left until the accounting cut-off, and what is not across yet, by currency: a link to the integrations it waits in. */
export function Cutoff({ at, integrations }: { at: string | null | undefined; integrations: readonly IntegrationRow[] }) {
  const t = useT();
  const f = useFormat();
  const now = useNow(MINUTE_MS);
  const { filter } = useOverviewFilter();
  const missing = integrations.reduce((sum, row) => sum + missingOf(row), 0);
  const amounts = f.amounts(sumAmounts(integrations.flatMap((row) => row.amounts_open)));
  const left = at ? Date.parse(at) - now : null;
  const stage = left === null ? 'calm' : cutoffStage(left, missing);
  return (
    <div className={`cutoff cutoff-${stage}`}>
      <p className="strong" role="timer">
        {stage === 'soon' || stage === 'urgent' ? <StatusIcon kind={stage === 'soon' ? 'warning' : 'error'} /> : <ClockIcon />}{' '}
        {left === null && t.overview.cutoffNone}
        {left !== null && (left > 0 ? t.overview.cutoff(f.duration(Math.ceil(left / MINUTE_MS) * MINUTE_MS)) : t.overview.cutoffPassed)}
        {at && <> <time className="nowrap" dateTime={at}>({f.dateTime(at)})</time></>}
      </p>
      {missing > 0
        ? <p><Link href={`?${writeFilter({ ...filter, missing: true }).toString()}`}>{t.overview.notAcross([t.records(missing), amounts].filter(Boolean).join(' · '))}</Link></p>
        : <p>{t.overview.allAcross}</p>}
    </div>
  );
}
