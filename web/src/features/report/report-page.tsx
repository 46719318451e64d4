import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import type { FormEvent } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFormat, useI18n } from '../../lib/i18n.tsx';
import { serverNow } from '../../lib/now.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { ActivityTable } from './activity-table.tsx';
import { Accounting } from './accounting.tsx';
import { periodOf, presetPeriod, PRESETS } from './period.ts';
import type { Period } from './period.ts';
import { formText } from '../../lib/form-text.ts';
import { activityQuery, completenessQuery } from './queries.ts';
import { reportWords } from './words.ts';
import './report.css';

function PeriodChoice({ period, today }: { period: Period; today: string }) {
  const t = reportWords[useI18n().locale];
  const { org } = useOrg();
  const [, navigate] = useLocation();
  const id = useId();
  const hrefOf = ({ from, to }: Period) => `${paths.report(org.slug)}?from=${from}&to=${to}`;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const chosen = new FormData(event.currentTarget);
    const [from = '', to = ''] = ['from', 'to'].map((name) => formText(chosen, name)).sort();
    navigate(hrefOf({ from, to }));
  };
  return (
    <div className="card stack no-print">
      <nav aria-label={t.period}>
        <ul className="plain tabs">
          {PRESETS.map((preset) => {
            const its = presetPeriod(preset, today);
            const chosen = its.from === period.from && its.to === period.to;
            return <li key={preset}><Link href={hrefOf(its)} aria-current={chosen ? 'true' : undefined}>{t.presets[preset]}</Link></li>;
          })}
        </ul>
      </nav>
      <form className="row start period-form" key={`${period.from} ${period.to}`} onSubmit={submit}>
        <label htmlFor={`${id}-from`}>{t.from}</label>
        <input id={`${id}-from`} type="date" name="from" required defaultValue={period.from} />
        <label htmlFor={`${id}-to`}>{t.to}</label>
        <input id={`${id}-to`} type="date" name="to" required defaultValue={period.to} />
        <button type="submit">{t.show}</button>
        <button type="button" onClick={() => window.print()}>{t.print}</button>
      </form>
    </div>
  );
}

/** What a week, a month or any period brought, and whether everything that belongs to it is accounted for. */
export function ReportPage() {
  const t = reportWords[useI18n().locale];
  const f = useFormat();
  const client = useClient();
  const { org } = useOrg();
  const [search] = useSearchParams();
  const headId = useId();
  const today = f.sortable(new Date(serverNow()).toISOString()).slice(0, 10);
  const period = periodOf(search, today);
  const activity = useQuery(activityQuery(client, org.id, period));
  const completeness = useQuery(completenessQuery(client, org.id, period));
  const span = t.span(f.date(period.from), f.date(period.to));
  return (
    <Page title={`${t.title}: ${span}`} crumbs={[[paths.overview(org.slug), org.name]]}>
      <PeriodChoice period={period} today={today} />
      <section className="card stack" aria-labelledby={`${headId}-activity`}>
        <h2 id={`${headId}-activity`}>{t.activity}</h2>
        <Loaded query={activity}>{(rows) => <ActivityTable rows={rows} />}</Loaded>
      </section>
      <section className="card stack" aria-labelledby={`${headId}-accounting`}>
        <h2 id={`${headId}-accounting`}>{t.completeness}</h2>
        <p>{t.completenessBody}</p>
        <Loaded query={completeness}>{(rows) => <Accounting rows={rows} period={period} today={today} />}</Loaded>
      </section>
    </Page>
  );
}
