import { Facts } from '../../components/facts.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { VendorText } from '../../components/vendor-text.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { printable } from '../../lib/printable.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { Run } from '../../lib/record-rows.ts';
import { runStatus } from '../../lib/status.ts';
import { saidBy } from '../../lib/said-by.ts';
import { wayOf } from './bar-text.ts';
import { useHistoryWords } from './use-words.ts';

/** One run: how it went, by whom, how long, what became of its records, and the error if there was one. */
export function RunView({ run, integration }: { run: Run; integration: IntegrationRow }) {
  const t = useFixT();
  const f = useFormat();
  const h = t.history;
  const words = useHistoryWords();
  const way = wayOf(integration);
  const trigger = h.triggers[run.trigger] ?? run.trigger;
  const counts = ([
    [words.read[way], run.selected], [words.key.sent[way], run.exported], [h.accepted, run.accepted], [words.key.failed, run.failed],
    [h.retrying, run.retrying], [way === 'pull' ? words.same : h.skipped, run.skipped], [h.uncertain, run.uncertain],
  ] as const).filter(([, n], i) => n > 0 || i < 2);
  return (
    <>
      <section className="card stack">
        <div className="row"><StatusPill kind={runStatus(run.status)} word={t.ticks.statuses[run.status] ?? run.status} /></div>
        <Facts of={[
          [h.columns.trigger, run.requested_by_name ? `${run.requested_by_name} (${trigger})` : trigger],
          [h.columns.started, run.started_at && <Time iso={run.started_at} as="both" />],
          [h.finished, run.finished_at && <Time iso={run.finished_at} />],
          [h.duration, run.duration_ms != null && f.duration(run.duration_ms)],
          [h.due, run.due_at && <Time iso={run.due_at} />],
          [h.slices, f.number(run.slices)],
        ]} />
        {run.error_message && (
          <>
            <VendorText label={saidBy(t, integration.system, run.error_code)} text={run.error_message} />
            <Facts of={[
              [t.integration.field, run.error_field ? <code>{printable(run.error_field)}</code> : t.integration.noField],
              [t.integration.code, run.error_code && <code>{printable(run.error_code)}</code>],
              [t.integration.httpStatus, run.error_status],
              [t.integration.category, run.error_category && <code>{printable(run.error_category)}</code>],
            ]} />
          </>
        )}
      </section>
      <section className="card stack">
        <h2>{h.balance}</h2>
        <Facts of={counts.map(([name, n]) => [name, f.number(n)] as const)} />
      </section>
    </>
  );
}
