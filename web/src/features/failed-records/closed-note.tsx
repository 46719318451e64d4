import { useQuery } from '@tanstack/react-query';
import { ActionButton } from '../../components/action-button.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { closedRecordQuery } from '../../lib/record-queries.ts';
import { useOff } from '../../lib/use-off.ts';
import { useRestore } from './use-restore.ts';

/** Who took a record out of its trouble, when and why; a dismissal can be taken back. */
export function ClosedNote({ record }: { record: string }) {
  const t = useFixT();
  const f = useFormat();
  const off = useOff();
  const client = useClient();
  const { org } = useOrg();
  const { data: closed } = useQuery(closedRecordQuery(client, org.id, record));
  const restore = useRestore();
  if (!closed) return null;
  const who = closed.closed_by_name ?? (closed.by_person ? t.progress.somebody : t.closed.byItself);
  return (
    <>
      <p>
        <strong>{closed.state === 'dismissed' ? t.closed.dismissed : t.closed.resolved}:</strong> {t.closed.said(who, f.dateTime(closed.closed_at))}
        {closed.closed_reason && <>. {t.closed.columns.why}: «{printable(closed.closed_reason)}»</>}
      </p>
      {closed.state === 'dismissed' && (
        <div className="row start">
          <ActionButton off={off} pending={restore.pending} onClick={() => void restore.run({ org: org.id, records: [record] })}>
            {t.closed.undo}
          </ActionButton>
        </div>
      )}
    </>
  );
}
