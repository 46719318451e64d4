import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { Facts } from '../../components/facts.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import type { Problem } from '../../lib/problem.ts';
import { attemptsQuery, readFailedRecords } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';

/** The newest record that a cause stops, and the last attempt at it; asked only once somebody wants to know. */
function useLastAttempt(integration: string, cause: string | null, wanted: boolean) {
  const client = useClient();
  const { org } = useOrg();
  const { data: record } = useQuery({
    queryKey: ['org', org.id, 'newest of', cause],
    queryFn: async ({ signal }) => (await readFailedRecords(client, org.id, { integration, ...(cause && { cause }) }, null, 1, signal))[0] ?? null,
    enabled: wanted && cause !== null,
  });
  const { data: attempts } = useQuery({ ...attemptsQuery(client, org.id, record?.id ?? ''), enabled: record !== null && record !== undefined });
  return { record: record ?? null, attempt: attempts?.[0] ?? null };
}

/** The last layer: what somebody who mends systems asks for. */
export function Technical({ problem, integration }: { problem: Problem; integration: IntegrationRow }) {
  const t = useFixT();
  const f = useFormat();
  const { org } = useOrg();
  const [open, setOpen] = useState(false);
  const { record, attempt } = useLastAttempt(integration.integration_id, problem.causeId, open);
  const run = problem.runId ?? record?.run_id;
  const code = (text: string | null | undefined) => text && <code>{printable(text)}</code>;
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.app.details}</summary>
      <Facts of={[
        [t.integration.httpStatus, problem.status ?? attempt?.status ?? null],
        [t.integration.code, code(problem.code)],
        [t.integration.category, code(problem.category)],
        [t.share.lastRequest, code(attempt?.request_id)],
        [t.failed.columns.attempts, record && f.number(record.attempts)],
        [t.failed.columns.record, record && (
          <Link href={paths.record(org.slug, integration.slug, record.id)}>{printable(record.label || record.source_id)}</Link>
        )],
        [t.integration.run, run && <Link href={paths.run(org.slug, integration.slug, run)}>{run}</Link>],
      ]} />
    </details>
  );
}
