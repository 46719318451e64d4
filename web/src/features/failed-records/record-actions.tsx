import { useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { ReasonDialog } from '../../components/reason-dialog.tsx';
import { decideUncertain, dismissRecords } from '../../lib/actions.ts';
import { useFixT } from '../../lib/fix-words.ts';
import { useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { RecordDetail } from '../../lib/record-rows.ts';
import { isRetryable } from '../../lib/status.ts';
import { useAction } from '../../lib/use-action.ts';
import { useOff } from '../../lib/use-off.ts';
import { RetryButton } from './retry-button.tsx';
import type { MappingHint } from './correction-draft.ts';
import { EditButton } from './edit-dialog.tsx';
import { useRestore } from './use-restore.ts';

function Dismiss({ record }: { record: string }) {
  const t = useFixT();
  const { org } = useOrg();
  const off = useOff();
  const [asking, setAsking] = useState(false);
  const restore = useRestore();
  const dismiss = useAction(dismissRecords, () => ({
    text: t.record.dismissed, undo: { word: t.closed.undo, act: () => void restore.run({ org: org.id, records: [record] }) },
  }));
  return (
    <>
      <ActionButton off={off} onClick={() => setAsking(true)}>{t.record.dismiss}</ActionButton>
      {asking && (
        <ReasonDialog
          title={t.record.dismissTitle} body={t.record.dismissBody} pending={dismiss.pending} onClose={() => setAsking(false)}
          choices={[{ word: t.record.dismissDo, act: (reason) => dismiss.run({ org: org.id, records: [record], reason }) }]}
        />
      )}
    </>
  );
}

function Decide({ record }: { record: string }) {
  const t = useFixT();
  const { org } = useOrg();
  const off = useOff();
  const [asking, setAsking] = useState(false);
  const decide = useAction(decideUncertain, () => t.record.decided);
  const choice = (word: string, landed: boolean) => ({
    word, act: (reason: string) => decide.run({ org: org.id, record, landed, reason }),
  });
  return (
    <>
      <ActionButton primary off={off} onClick={() => setAsking(true)}>{t.record.uncertainTitle}</ActionButton>
      {asking && (
        <ReasonDialog
          title={t.record.uncertainTitle} body={t.record.uncertainBody} pending={decide.pending} onClose={() => setAsking(false)}
          choices={[choice(t.record.landed, true), choice(t.record.notLanded, false)]}
        />
      )}
    </>
  );
}

type RecordActionsProps = { record: RecordDetail; integration: IntegrationRow; hint: MappingHint | null };

/** What a person can do about one record; which of it depends on the record's state. */
export function RecordActions({ record, integration, hint }: RecordActionsProps) {
  const t = useFixT();
  const dismissable = isRetryable(record.state) || record.state === 'retrying' || record.state === 'queued';
  return (
    <div className="row start">
      {isRetryable(record.state) && (
        <RetryButton
          primary integration={integration} scope={{ kind: 'records', records: [record.id] }} count={1} hint={hint} label={t.record.retry}
        />
      )}
      {isRetryable(record.state) && <EditButton record={record} integration={integration} field={hint?.field ?? null} />}
      {record.state === 'uncertain' && <Decide record={record.id} />}
      {dismissable && <Dismiss record={record.id} />}
    </div>
  );
}
