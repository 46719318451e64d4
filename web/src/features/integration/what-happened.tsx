import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { Facts } from '../../components/facts.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { VendorText } from '../../components/vendor-text.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { explain, tellableFindings } from '../../lib/finding.ts';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { problemOf } from '../../lib/problem.ts';
import type { Problem } from '../../lib/problem.ts';
import { causesQuery, runQuery } from '../../lib/record-queries.ts';
import type { Finding, IntegrationRow } from '../../lib/rows.ts';
import { lastKnownStatus, openWork, statusOf } from '../../lib/status.ts';
import { saidBy } from '../../lib/said-by.ts';
import { LastFix } from '../failed-records/last-fix.tsx';
import { RetryButton } from '../failed-records/retry-button.tsx';
import { WhatToDo } from '../failed-records/what-to-do.tsx';
import { CopyError } from './copy-error.tsx';
import { Technical } from './technical.tsx';

function useProblem(integration: IntegrationRow): Problem | null {
  const client = useClient();
  const { org, active } = useOrg();
  const polling = usePolling(active);
  const failedRun = integration.last_run?.error_message ? integration.last_run.id : null;
  const run = useQuery({ ...runQuery(client, org.id, failedRun ?? ''), ...polling, enabled: failedRun !== null });
  const causes = useQuery({ ...causesQuery(client, org.id, integration.integration_id), ...polling });
  return problemOf(integration, run.data ?? null, causes.data ?? []);
}

function OtherFindings({ findings }: { findings: readonly Finding[] }) {
  const t = useFixT();
  const f = useFormat();
  if (findings.length === 0) return null;
  return (
    <div>
      <h3>{t.integration.also}</h3>
      <ul className="findings">
        {findings.map((finding) => (
          <li key={`${finding.rule} ${finding.subject ?? ''}`}>
            {explain(finding, t, f).what}{' '}
            {finding.severity === 'info' && <em>{t.integration.recovering} </em>}
            {finding.since && <span className="muted">{t.integration.since} <Time iso={finding.since} as="both" />.</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function TheirWords({ problem, integration }: { problem: Problem; integration: IntegrationRow }) {
  const t = useFixT();
  const code = (text: string | null) => text && <code>{printable(text)}</code>;
  return (
    <>
      <VendorText label={saidBy(t, integration.system, problem.code)} text={problem.message || t.integration.noMessage} />
      <Facts of={[
        [t.integration.failedAt, problem.at && <Time iso={problem.at} as="both" />],
        [t.integration.field, code(problem.field) || t.integration.noField],
      ]} />
      <div className="row start"><CopyError problem={problem} integration={integration} /></div>
      <Technical problem={problem} integration={integration} />
    </>
  );
}

/** Why the light has the colour it has: in plain words, then in the system's own, then technically; and what to do. */
export function WhatHappened({ integration }: { integration: IntegrationRow }) {
  const t = useFixT();
  const f = useFormat();
  const id = useId();
  const problem = useProblem(integration);
  const kind = statusOf(integration);
  const [first, ...others] = tellableFindings(integration.findings);
  const told = first && first.severity !== 'info' ? first : undefined;
  const rest = told || !first ? others : [first, ...others];
  const explained = told ? explain(told, t, f) : null;
  const since = told?.since ?? integration.health_since;
  return (
    <section className={`card stack happened happened-${kind}`} aria-labelledby={id}>
      <div className="row">
        <h2 id={id}>{t.integration.happened}</h2>
        <StatusPill kind={kind} />
      </div>
      {integration.monitor_late && (
        <p className="strong">{t.fresh.monitorLate} {t.status.lastKnown(t.status[lastKnownStatus(integration)])}.</p>
      )}
      <p className="lead">{explained?.what ?? (kind === 'ok' ? t.overview.allWell : '')}</p>
      <Facts of={[
        [t.integration.since, since && <Time iso={since} as="both" />],
      ]} />
      {explained && <p><strong>{t.integration.todo}:</strong> {explained.todo}</p>}
      {problem && (
        <WhatToDo system={integration.system} refusal={{ category: problem.category, code: problem.code, fields: [problem.field] }} said={explained !== null} />
      )}
      {problem?.causeId && <LastFix cause={problem.causeId} integration={integration} />}
      {openWork(integration).retryable > 0 && (
        <div className="row start">
          <RetryButton integration={integration} scope={{ kind: 'last_run' }} count={null} label={t.retry.button} primary />
        </div>
      )}
      {problem && <TheirWords problem={problem} integration={integration} />}
      <OtherFindings findings={rest} />
    </section>
  );
}
