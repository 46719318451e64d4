import { useQuery } from '@tanstack/react-query';
import { ActionButton } from '../../components/action-button.tsx';
import { Facts } from '../../components/facts.tsx';
import { Time } from '../../components/time.tsx';
import { syncNow } from '../../lib/actions.ts';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { useNow } from '../../lib/now.ts';
import { useOrg } from '../../lib/org.tsx';
import { runDedupeQuery } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { RecordDetail } from '../../lib/record-rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useOff } from '../../lib/use-off.ts';

const STEP_MS = 5_000;

/** Why the system cannot be asked about the record right now; null when it can. */
function useAskOff(record: RecordDetail, integration: IntegrationRow, isMute: boolean): string | null {
  const t = useFixT();
  const f = useFormat();
  const now = useNow(STEP_MS);
  const forbidden = useOff();
  const due = record.next_attempt_at;
  if (forbidden) return forbidden;
  if (!integration.enabled) return t.integration.syncOff;
  if (isMute) return t.uncertain.cannotAsk;
  if (due && Date.parse(due) > now) return t.uncertain.tooSoon(f.dateTime(due));
  return integration.active_run ? t.integration.syncBusy : null;
}

/** A record that was sent and never answered for: what is known, and a way to ask the system again. */
export function UncertainNote({ record, integration }: { record: RecordDetail; integration: IntegrationRow }) {
  const t = useFixT();
  const client = useClient();
  const { org } = useOrg();
  const { data: run } = useQuery({ ...runDedupeQuery(client, org.id, record.run_id ?? ''), enabled: Boolean(record.run_id) });
  const isMute = run?.dedupe === 'none';
  const off = useAskOff(record, integration, isMute);
  const ask = useAction(syncNow, () => t.uncertain.asked);
  return (
    <>
      <p>{t.record.uncertainBody}</p>
      <Facts of={[
        [t.uncertain.sentAt, record.failed_at && <Time iso={record.failed_at} as="both" />],
        [t.uncertain.key, record.idempotency_key && <code>{record.idempotency_key}</code>],
        [t.uncertain.busyUntil, record.next_attempt_at && <Time iso={record.next_attempt_at} as="both" />],
      ]} />
      <p className="muted">{isMute ? t.uncertain.cannotAsk : t.uncertain.byItself}</p>
      <div className="row start">
        <ActionButton off={off} pending={ask.pending} onClick={() => void ask.run({ org: org.id, integration: integration.integration_id })}>
          {t.uncertain.ask}
        </ActionButton>
      </div>
    </>
  );
}
