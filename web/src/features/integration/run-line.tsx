import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { useNow } from '../../lib/now.ts';
import { scheduleInWords } from '../../lib/schedule.ts';
import { Facts } from '../../components/facts.tsx';
import { Time } from '../../components/time.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import { systemName } from '../../lib/system-name.ts';

/** Which system, how often, when last and when next; and the run under way. */
export function RunLine({ integration }: { integration: IntegrationRow }) {
  const t = useFixT();
  const f = useFormat();
  const now = useNow(60_000);
  const { last_run: last, active_run: active, next_due_at: due } = integration;
  const lastAt = last?.finished_at ?? last?.started_at;
  const plan = scheduleInWords(integration, t, f);
  const overdue = due && !active && Date.parse(due) < now - 60_000;
  return (
    <div className="stack">
      <Facts of={[
        [integration.direction === 'pull' ? t.integration.pull : t.integration.push, systemName(integration.system)],
        [t.integration.lastSync, lastAt && <Time iso={lastAt} as="both" />],
        [t.overview.lastGood, integration.last_success_at ? <Time iso={integration.last_success_at} as="both" /> : t.overview.never],
        [t.overview.next, integration.enabled && due
          ? <>{overdue ? t.overview.overdue(f.relative(due, now)) : <Time iso={due} as="when" />}
            {plan && `, ${plan}`}</>
          : t.overview.notPlanned],
      ]} />
      {active?.status === 'scheduled' && <p className="running">{t.overview.starting}</p>}
      {active && active.status !== 'scheduled' && (
        <div className="running">
          <p>{t.overview.running(f.number(active.done), f.number(active.selected))}</p>
          <progress aria-label={t.status.running} max={Math.max(1, active.selected)} value={active.done} />
        </div>
      )}
    </div>
  );
}
