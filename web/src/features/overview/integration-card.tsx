import { Link } from 'wouter';
import { StatusPill } from '../../components/status-pill.tsx';
import { TickBar } from '../../components/tick-bar.tsx';
import { Time } from '../../components/time.tsx';
import { WeekBand } from '../../components/week-band.tsx';
import { explain, tellableFindings } from '../../lib/finding.ts';
import { useFormat, useT } from '../../lib/i18n.tsx';
import { useNow } from '../../lib/now.ts';
import { paths } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import { scheduleInWords } from '../../lib/schedule.ts';
import { lastKnownStatus, openWork, statusOf } from '../../lib/status.ts';

function OpenWork({ row }: { row: IntegrationRow }) {
  const t = useT();
  const f = useFormat();
  const now = useNow(60_000);
  const { act, automatic } = openWork(row);
  const parts = [
    automatic > 0 && t.overview.automatic(automatic, row.next_retry_at ? f.when(row.next_retry_at, now) : null),
    row.open_queued > 0 && t.overview.queued(row.open_queued),
    row.open_accepted > 0 && t.overview.accepted(row.open_accepted),
  ].filter((part) => part !== false);
  return (
    <ul className="plain open-work">
      {act > 0 && <li className="strong">{t.overview.act(act)}</li>}
      {row.asked_retries > 0 && <li className="strong">{t.overview.asked(row.asked_retries)}</li>}
      {parts.map((part) => <li key={part}>{part}</li>)}
      {act + automatic === 0 && <li className="muted">{t.overview.nothingOpen}</li>}
      {row.amounts_open.length > 0 && <li>{t.overview.notAcross(f.amounts(row.amounts_open))}</li>}
    </ul>
  );
}

function Times({ row }: { row: IntegrationRow }) {
  const t = useT();
  const f = useFormat();
  const now = useNow(60_000);
  const due = row.enabled ? row.next_due_at : null;
  const plan = scheduleInWords(row, t, f);
  const overdue = due && !row.active_run && Date.parse(due) < now - 60_000;
  return (
    <dl className="card-times">
      <div>
        <dt>{t.overview.lastGood}</dt>
        <dd>{row.last_success_at ? <Time iso={row.last_success_at} as="relative" /> : t.overview.never}</dd>
      </div>
      <div>
        <dt>{t.overview.next}</dt>
        <dd>
          {!due && t.overview.notPlanned}
          {due && (overdue ? t.overview.overdue(f.relative(due, now)) : <Time iso={due} as="when" />)}
          {due && plan && `, ${plan}`}
        </dd>
      </div>
    </dl>
  );
}

/** One integration at a glance: status, why in words, the last runs, what is open, last and next sync. */
export function IntegrationCard({ org, row }: { org: string; row: IntegrationRow }) {
  const t = useT();
  const f = useFormat();
  const kind = statusOf(row);
  const [first] = tellableFindings(row.findings.length > 0 ? row.findings : row.reason ? [row.reason] : []);
  const reason = kind === 'ok' ? t.overview.allWell : first && explain(first, t, f).what;
  const href = paths.integration(org, row.slug);
  return (
    <li className={`card card-${kind}`}>
      <div className="row">
        <h2 className="card-title"><Link href={href}>{row.name}</Link></h2>
        <StatusPill kind={kind} />
      </div>
      {row.monitor_late && <p className="muted">{t.status.lastKnown(t.status[lastKnownStatus(row)])}</p>}
      <p className="reason">{reason}</p>
      {row.active_run && (
        <p className="running">
          {row.active_run.status === 'scheduled'
            ? t.overview.starting
            : t.overview.running(f.number(row.active_run.done), f.number(row.active_run.selected))}
        </p>
      )}
      <TickBar name={row.name} runs={row.recent_runs} hrefOf={(run) => paths.run(org, row.slug, run.id)} />
      {row.week && <WeekBand week={row.week} />}
      <OpenWork row={row} />
      <Times row={row} />
    </li>
  );
}
