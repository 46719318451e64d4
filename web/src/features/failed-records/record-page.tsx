import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { Link } from 'wouter';
import { Facts } from '../../components/facts.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { causeQuery, recordQuery } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { Cause, RecordDetail } from '../../lib/record-rows.ts';
import { recordStatus } from '../../lib/status.ts';
import { AttemptsTable } from './attempts-table.tsx';
import { nameOf } from './name-of.ts';
import { PayloadView } from './payload-view.tsx';
import { RecordActions } from './record-actions.tsx';
import { Failure } from './record-summary.tsx';
import { RetryProgress } from './retry-progress.tsx';
import { LastFix } from './last-fix.tsx';
import { UncertainNote } from './uncertain-note.tsx';
import { ClosedNote } from './closed-note.tsx';
import { WhatToDo } from './what-to-do.tsx';
import './fix.css';

type RecordViewProps = { record: RecordDetail; cause: Cause | null; integration: IntegrationRow };

function Problem({ record, cause, integration }: RecordViewProps) {
  const t = useFixT();
  const { org } = useOrg();
  const id = useId();
  const field = cause?.payload_field || record.error_field || null;
  const hint = field ? { field, values: record.error_value ? [{ value: record.error_value, records: null }] : [], more: 0 } : null;
  return (
    <section className="card stack" aria-labelledby={id}>
      <div className="row">
        <h2 id={id}>{t.record.problem}</h2>
        <StatusPill kind={recordStatus(record.state)} word={t.failed.states[record.state] ?? record.state} />
      </div>
      {record.state === 'exported' && <p>{t.record.across}</p>}
      {(record.state === 'exported' || record.state === 'dismissed') && <ClosedNote record={record.id} />}
      {(record.state === 'queued' || record.state === 'sending' || record.state === 'accepted') && <p>{t.record.waiting}</p>}
      {record.state === 'uncertain' && <UncertainNote record={record} integration={integration} />}
      {record.error_message && <Failure record={record} payloadField={cause?.payload_field ?? null} integration={integration} />}
      {record.error_message && record.state !== 'dismissed' && (
        <WhatToDo
          system={integration.system}
          refusal={{ category: record.error_category ?? null, code: record.error_code ?? null, fields: [cause?.payload_field, record.error_field] }}
        />
      )}
      {cause && record.state !== 'dismissed' && <LastFix cause={cause.id} integration={integration} />}
      {cause && cause.open_records > 1 && (
        <p><Link href={paths.cause(org.slug, integration.slug, cause.id)}>{t.failed.sameCause(cause.open_records)}</Link></p>
      )}
      <RecordActions record={record} integration={integration} hint={hint} />
    </section>
  );
}

function RecordView({ record, cause, integration }: RecordViewProps) {
  const t = useFixT();
  const f = useFormat();
  const sentId = useId();
  const attemptsId = useId();
  return (
    <>
      <RetryProgress integration={integration} />
      <Problem record={record} cause={cause} integration={integration} />
      <section className="card stack" aria-labelledby={sentId}>
        <h2 id={sentId}>{t.record.sent}</h2>
        <Facts of={[
          [t.record.key, <code key="key">{printable(`${record.source_type} ${record.source_id}`)}</code>],
          [t.record.amount, record.amount && f.amount(record.amount, record.currency ?? '')],
          [t.record.date, record.occurred_on && f.date(record.occurred_on)],
          [t.record.received, record.created_at && <Time iso={record.created_at} />],
          [t.record.version, f.number(record.version)],
          [t.record.externalId, record.external_id && <code>{printable(record.external_id)}</code>],
        ]} />
        <PayloadView payload={record.payload} field={cause?.payload_field || record.error_field || null} />
      </section>
      <section className="card stack" aria-labelledby={attemptsId}>
        <h2 id={attemptsId}>{t.record.attempts}</h2>
        <AttemptsTable record={record.id} integration={integration} />
      </section>
    </>
  );
}

/** One record: what is wrong with it, what was sent, and every attempt. */
export function RecordPage({ integration, id }: { integration: IntegrationRow; id: string }) {
  const t = useFixT();
  const client = useClient();
  const { org, active } = useOrg();
  const polling = usePolling(active);
  const record = useQuery({ ...recordQuery(client, org.id, id), ...polling });
  const causeId = record.data?.cause_id ?? null;
  const cause = useQuery({ ...causeQuery(client, org.id, causeId ?? ''), ...polling, enabled: causeId !== null });
  const crumbs = [
    [paths.overview(org.slug), t.app.overview],
    [paths.integration(org.slug, integration.slug), integration.name],
  ] as const;
  return (
    <Page title={record.data ? nameOf(record.data) : `${t.failed.columns.record} ${id}`} crumbs={crumbs}>
      <Loaded query={record}>
        {(row) => (row?.integration_id !== integration.integration_id
          ? <p className="card">{t.record.notFound}</p>
          : <RecordView record={row} cause={cause.data ?? null} integration={integration} />)}
      </Loaded>
    </Page>
  );
}
