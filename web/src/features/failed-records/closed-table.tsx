import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { ActionButton } from '../../components/action-button.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { PAGE_SIZE, closedRecordsQuery } from '../../lib/record-queries.ts';
import type { ClosedCursor } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { ClosedRecord } from '../../lib/record-rows.ts';
import { useOff } from '../../lib/use-off.ts';
import { nameOf } from './name-of.ts';
import { useRestore } from './use-restore.ts';

/** Undoes one dismissal; each row has its own, so that only one button waits. */
function Undo({ row }: { row: ClosedRecord }) {
  const t = useFixT();
  const off = useOff();
  const { org } = useOrg();
  const restore = useRestore();
  return (
    <ActionButton
      off={off} pending={restore.pending} aria-label={t.closed.undoOf(nameOf(row))}
      onClick={() => void restore.run({ org: org.id, records: [row.id] })}
    >
      {t.closed.undo}
    </ActionButton>
  );
}

function useColumns(integration: IntegrationRow, undoable: boolean) {
  const t = useFixT();
  const f = useFormat();
  const { org } = useOrg();
  const c = t.closed.columns;
  return [
    {
      key: 'record', head: t.failed.columns.record, names: true,
      cell: (row: ClosedRecord) => <Link href={paths.record(org.slug, integration.slug, row.id)}>{nameOf(row)}</Link>,
    },
    { key: 'at', head: c.at, label: c.at, cell: (row: ClosedRecord) => <Time iso={row.closed_at} as="when" /> },
    {
      key: 'amount', head: t.failed.columns.amount, label: t.failed.columns.amount, numeric: true,
      cell: (row: ClosedRecord) => (row.amount ? f.amount(row.amount, row.currency ?? '') : '–'),
    },
    {
      key: 'by', head: c.by, label: c.by,
      cell: (row: ClosedRecord) => row.closed_by_name ?? (row.by_person ? t.progress.somebody : t.closed.byItself),
    },
    {
      key: 'why', head: c.why, label: c.why,
      cell: (row: ClosedRecord) => {
        if (row.closed_reason) return printable(row.closed_reason);
        return row.run_id ? <Link href={paths.run(org.slug, integration.slug, row.run_id)}>{t.closed.inRun(row.run_id)}</Link> : '–';
      },
    },
    ...(undoable ? [{ key: 'undo', head: <span className="sr">{t.closed.undo}</span>, cell: (row: ClosedRecord) => <Undo row={row} /> }] : []),
  ];
}

/** Records that were in trouble and are not any more: who put an end to it, when and why. */
export function ClosedTable({ integration, state }: { integration: IntegrationRow; state: 'exported' | 'dismissed' }) {
  const t = useFixT();
  const client = useClient();
  const { org, active } = useOrg();
  const [trail, setTrail] = useState<readonly ClosedCursor[]>([]);
  const query = useQuery({
    ...closedRecordsQuery(client, org.id, integration.integration_id, state, trail.at(-1) ?? null), ...usePolling(active),
  });
  const columns = useColumns(integration, state === 'dismissed');
  return (
    <Loaded query={query}>
      {(rows) => {
        const last = rows.length === PAGE_SIZE ? rows.at(-1) : undefined;
        const none = state === 'dismissed' ? t.closed.noneDismissed : t.closed.noneResolved;
        if (rows.length === 0 && trail.length === 0) return <p className="muted">{none}</p>;
        return (
          <>
            <DataTable caption={t.closed.caption(rows.length)} columns={columns} rows={rows} keyOf={(row) => row.id} />
            {(trail.length > 0 || last) && (
              <div className="row pages">
                <button type="button" disabled={trail.length === 0} onClick={() => setTrail(trail.slice(0, -1))}>{t.failed.newer}</button>
                <button type="button" disabled={!last} onClick={() => last && setTrail([...trail, { closed_at: last.closed_at, id: last.id }])}>
                  {t.failed.older}
                </button>
              </div>
            )}
          </>
        );
      }}
    </Loaded>
  );
}
