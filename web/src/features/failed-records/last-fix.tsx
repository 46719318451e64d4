import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { fixInWords } from '../../lib/last-fix.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { causeFixesQuery } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';

type LastFixProps = { cause: string; integration: IntegrationRow; /** All causes on the page: they are asked about in one go. */ among?: readonly string[] };

/** What helped the last time this cause was met, and the record it helped. */
export function LastFix({ cause, integration, among = [cause] }: LastFixProps) {
  const t = useFixT();
  const f = useFormat();
  const client = useClient();
  const { org } = useOrg();
  const { data } = useQuery(causeFixesQuery(client, org.id, integration.integration_id, among));
  const fix = data?.find(({ cause_id }) => cause_id === cause);
  const said = fix ? fixInWords(fix, t.advice, t.fix.own, t.fix.absent, f) : '';
  if (!fix || said === '') return null;
  return (
    <p>
      <strong>{t.advice.last} (<Time iso={fix.at} as="when" />):</strong> {said}{' '}
      <Link href={paths.record(org.slug, integration.slug, fix.record_id)}>{t.advice.record}</Link>
      {fix.fixed_cause_id !== cause && <> · <Link href={paths.cause(org.slug, integration.slug, fix.fixed_cause_id)}>{t.advice.cause}</Link></>}
    </p>
  );
}
