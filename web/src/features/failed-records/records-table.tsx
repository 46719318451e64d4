import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { DataTable } from '../../components/data-table.tsx';
import { Chevron } from '../../components/icons.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import type { Scope } from '../../lib/actions.ts';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { cursorAfter, failedRecordsQuery } from '../../lib/record-queries.ts';
import type { Cursor, RecordFilter } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { FailedRecord } from '../../lib/record-rows.ts';
import { isRetryable, recordStatus } from '../../lib/status.ts';
import { nameOf } from './name-of.ts';
import { RecordSummary } from './record-summary.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { useSelection } from './use-selection.ts';

type Filter = Omit<RecordFilter, 'integration'>;
type RecordsTableProps = {
  integration: IntegrationRow; filter: Filter; empty: string;
  /** How many of those that match a retry would send; null when only the server knows. */
  total?: number | null;
};

/** What "all that match" is for a retry. */
const scopeOf = ({ cause, run, state }: Filter): Scope =>
  (cause ? { kind: 'cause', cause, ...(state && { state }) } : { kind: 'open', ...(state && { state }), ...(run && { run }) });

type ColumnsOptions = {
  integration: IntegrationRow;
  selection: ReturnType<typeof useSelection>;
  open: ReadonlySet<string>;
  toggle: (id: string) => void;
};

function useColumns({ integration, selection, open, toggle }: ColumnsOptions) {
  const t = useFixT();
  const f = useFormat();
  const { org } = useOrg();
  const c = t.failed.columns;
  return (rows: readonly FailedRecord[]) => {
    const choosable = rows.filter(({ state }) => isRetryable(state)).map(({ id }) => id);
    const isChosen = (id: string): boolean => selection.isAll || selection.ids.has(id);
    const all = choosable.length > 0 && choosable.every(isChosen);
    return [
      {
        key: 'select',
        head: (
          <label>
            <input type="checkbox" aria-label={t.failed.selectPage} checked={all} onChange={() => selection.set(choosable, !all)} />
            <span className="narrow">{t.failed.selectPage}</span>
          </label>
        ),
        cell: (row: FailedRecord) => isRetryable(row.state) && (
          <input
            type="checkbox" aria-label={t.failed.select(nameOf(row))} checked={isChosen(row.id)}
            onChange={(event) => selection.set([row.id], event.currentTarget.checked)}
          />
        ),
      },
      {
        key: 'record', head: c.record, names: true,
        cell: (row: FailedRecord) => (
          <span className="record-name">
            <button
              type="button" className="quiet expand" aria-expanded={open.has(row.id)} aria-label={t.app.expand(nameOf(row))}
              aria-controls={open.has(row.id) ? `detail-${row.id}` : undefined} onClick={() => toggle(row.id)}
            >
              <Chevron />
            </button>
            <Link href={paths.record(org.slug, integration.slug, row.id)}>{nameOf(row)}</Link>
          </span>
        ),
      },
      {
        key: 'state', head: c.state, label: c.state,
        cell: (row: FailedRecord) => <StatusPill kind={recordStatus(row.state)} word={t.failed.states[row.state] ?? row.state} />,
      },
      { key: 'field', head: c.field, label: c.field, cell: (row: FailedRecord) => <FieldName row={row} /> },
      {
        key: 'message', head: c.message, label: c.message,
        cell: (row: FailedRecord) => <span lang="en" className="clip">{printable(row.error_message ?? '–')}</span>,
      },
      {
        key: 'amount', head: c.amount, label: c.amount, numeric: true,
        cell: (row: FailedRecord) => (row.amount ? f.amount(row.amount, row.currency ?? '') : '–'),
      },
      {
        key: 'failed', head: c.failedAt, label: c.failedAt,
        cell: (row: FailedRecord) => (row.failed_at ? <Time iso={row.failed_at} as="when" /> : '–'),
      },
      { key: 'attempts', head: c.attempts, label: c.attempts, numeric: true, cell: (row: FailedRecord) => f.number(row.attempts) },
    ];
  };
}

function FieldName({ row }: { row: FailedRecord }) {
  const name = row.payload_field || row.error_field;
  return name ? <code>{printable(name)}</code> : '–';
}

/** Records that did not get across, newest first, fifty at a time; each opens where it stands. */
export function RecordsTable({ integration, filter, empty, total = null }: RecordsTableProps) {
  const t = useFixT();
  const client = useClient();
  const { org, active } = useOrg();
  const [trail, setTrail] = useState<readonly Cursor[]>([]);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const selection = useSelection();
  const query = useQuery({
    ...failedRecordsQuery(client, org.id, { integration: integration.integration_id, ...filter }, trail.at(-1) ?? null),
    ...usePolling(active),
  });
  const toggle = (id: string) => setOpen((before) => {
    const after = new Set(before);
    if (!after.delete(id)) after.add(id);
    return after;
  });
  const columns = useColumns({ integration, selection, open, toggle });
  return (
    <Loaded query={query}>
      {(rows) => {
        const next = cursorAfter(rows);
        if (rows.length === 0 && trail.length === 0) return <p className="muted">{empty}</p>;
        return (
          <>
            {(selection.ids.size > 0 || selection.isAll) && (
              <SelectionBar
                integration={integration} selection={selection} matching={scopeOf(filter)} total={total}
                more={trail.length > 0 || next !== null}
              />
            )}
            <DataTable
              caption={t.failed.caption(trail.length, rows.length, next !== null)} columns={columns(rows)}
              rows={rows} keyOf={(row) => row.id}
              detail={(row) => (open.has(row.id) ? <RecordSummary record={row} integration={integration} /> : null)}
            />
            {(trail.length > 0 || next) && (
              <div className="row pages">
                <button type="button" disabled={trail.length === 0} onClick={() => setTrail(trail.slice(0, -1))}>{t.failed.newer}</button>
                <button type="button" disabled={!next} onClick={() => next && setTrail([...trail, next])}>{t.failed.older}</button>
              </div>
            )}
          </>
        );
      }}
    </Loaded>
  );
}
