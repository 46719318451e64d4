import { useQuery } from '@tanstack/react-query';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { attemptsQuery } from '../../lib/record-queries.ts';
import { recordStatus } from '../../lib/status.ts';

const SHOWN = 10;

/** The attempts of a record in a line each: when, how it ended, and what was said if it was something else than `message`. */
export function AttemptsLine({ record, message }: { record: string; message: string | null }) {
  const t = useFixT();
  const client = useClient();
  const { org } = useOrg();
  const { data: attempts } = useQuery(attemptsQuery(client, org.id, record));
  if (!attempts || attempts.length === 0) return null;
  return (
    <div>
      <p className="vendor-label">{t.share.earlier}</p>
      <ul className="plain attempts">
        {attempts.slice(0, SHOWN).map((one) => (
          <li key={one.id}>
            <Time iso={one.at} as="when" /> <StatusPill kind={recordStatus(one.outcome)} word={t.failed.states[one.outcome] ?? one.outcome} />
            {one.status !== null && one.status !== undefined && <> HTTP {one.status}</>}
            {one.message && one.message !== message && <> <span lang="en">{printable(one.message)}</span></>}
          </li>
        ))}
        {attempts.length > SHOWN && <li className="muted">…</li>}
      </ul>
    </div>
  );
}
