import { useQuery } from '@tanstack/react-query';
import { memo } from 'react';
import { Link } from 'wouter';
import { Facts } from '../../components/facts.tsx';
import { Time } from '../../components/time.tsx';
import { VendorText } from '../../components/vendor-text.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { recordQuery } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { FailedRecord, RecordDetail } from '../../lib/record-rows.ts';
import { saidBy } from '../../lib/said-by.ts';
import { AttemptsLine } from './attempts-line.tsx';
import { CopyLink } from './copy-link.tsx';
import { PayloadView } from './payload-view.tsx';

type FailureProps = {
  record: Omit<FailedRecord, 'payload_field'> | RecordDetail;
  payloadField: string | null;
  integration: IntegrationRow;
};

/** What the system said about a record, and which field and value it blamed. */
export function Failure({ record, payloadField, integration }: FailureProps) {
  const t = useFixT();
  const f = useFormat();
  const code = (text: string | null | undefined) => text && <code>{printable(text)}</code>;
  const next = record.state === 'retrying' ? record.next_attempt_at : null;
  const systemsOwn = record.error_field && record.error_field !== payloadField ? ` (${printable(record.error_field)})` : '';
  return (
    <>
      <VendorText label={saidBy(t, integration.system, record.error_code)} text={record.error_message || t.integration.noMessage} />
      <Facts of={[
        [t.integration.field, payloadField ? <>{code(payloadField)}{systemsOwn}</> : code(record.error_field) || t.integration.noField],
        [t.failed.value, code(record.error_value)],
        [t.integration.failedAt, record.failed_at && <Time iso={record.failed_at} as="both" />],
        [t.failed.nextAttempt, next ? <Time iso={next} as="both" /> : t.failed.noNextAttempt],
        [t.failed.columns.attempts, f.number(record.attempts)],
        [t.integration.code, code(record.error_code)],
        [t.integration.httpStatus, record.error_status],
      ]} />
    </>
  );
}

/**
 * A failed record, opened in the list: the way to its own page, what was said, what was sent with the field marked, and its attempts.
 * Many may be open at once, so one that has not changed is not drawn again with every other.
 */
export const RecordSummary = memo(function RecordSummary({ record, integration }: { record: FailedRecord; integration: IntegrationRow }) {
  const t = useFixT();
  const client = useClient();
  const { org } = useOrg();
  const { data: whole } = useQuery(recordQuery(client, org.id, record.id));
  const path = paths.record(org.slug, integration.slug, record.id);
  return (
    <div className="stack">
      <p className="row start"><Link href={path}>{t.failed.open}</Link> <CopyLink path={path} /></p>
      <Failure record={record} payloadField={record.payload_field ?? null} integration={integration} />
      {whole && <PayloadView payload={whole.payload} field={record.payload_field || record.error_field || null} />}
      <AttemptsLine record={record.id} message={record.error_message ?? null} />
    </div>
  );
});
