import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import { Link } from 'wouter';
import { Time } from '../../components/time.tsx';
import { VendorText } from '../../components/vendor-text.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { recall, remember } from '../../lib/memory.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { retriesQuery } from '../../lib/record-queries.ts';
import { announcement, isUnderWay } from '../../lib/retry-state.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { Retry } from '../../lib/record-rows.ts';
import { say } from '../../lib/toasts.ts';
import { ApprovalCard, WhatIsCorrected } from './approval-card.tsx';
import { nameOf } from './name-of.ts';
import { isOwnRetry } from './own-retry.ts';
import { StopButton } from './stop-button.tsx';

/** The state in words: stopped by a person and stopped by the one tried first are two things. */
function useStateWord() {
  const t = useFixT();
  return ({ state, ended_by_person: byPerson }: Retry): string =>
    (state === 'stopped' && !byPerson ? t.retry.states.stopped : t.progress.states[state] ?? t.retry.states[state]) ?? state;
}

/** What a screen reader hears: each quarter and the end, not every poll. */
function useAnnounced(retry: Retry): string {
  const t = useFixT();
  const f = useFormat();
  const stateWord = useStateWord();
  const last = useRef<{ id: string; quarter: number } | null>(null);
  const [spoken, setSpoken] = useState('');
  const word = stateWord(retry);
  useEffect(() => {
    const before = last.current?.id === retry.id ? last.current.quarter : null;
    const { quarter, news } = announcement(retry, before);
    last.current = { id: retry.id, quarter };
    if (news === 'quarter') setSpoken(t.retry.announce(f.number(retry.exported + retry.failed), f.number(retry.records)));
    if (news === 'end') {
      const outcome = t.retry.outcome(f.number(retry.exported), f.number(retry.failed));
      say({ tone: retry.state === 'done' ? 'done' : 'problem', text: `${word}: ${outcome}` });
    }
  }, [retry, t, f, word]);
  return spoken;
}

/** Why it ended as it did, in words: who stopped it, what was said of the first one, what was left out. */
function Ending({ retry, integration }: { retry: Retry; integration: IntegrationRow }) {
  const t = useFixT();
  const { org } = useOrg();
  const { refused } = retry;
  const who = retry.ended_by_name ?? t.progress.somebody;
  return (
    <>
      {retry.state === 'stopped' && retry.ended_by_person && <p>{t.progress.stoppedBy(who, retry.remaining)}</p>}
      {retry.state === 'declined' && <p>{t.progress.declinedBy(who, printable(retry.ended_reason ?? ''))}</p>}
      {refused && (
        <>
          <VendorText label={t.progress.refused} text={refused.message || t.integration.noMessage} />
          <p><Link href={paths.record(org.slug, integration.slug, refused.id)}>{nameOf(refused)}</Link></p>
        </>
      )}
      {retry.state === 'done' && retry.remaining > 0 && <p>{t.progress.leftOut(retry.remaining)}</p>}
      {retry.state === 'done' && retry.failed > 0 && retry.run_id && (
        <p><Link href={paths.run(org.slug, integration.slug, retry.run_id)}>{t.progress.stillFailed}</Link></p>
      )}
    </>
  );
}

type ProgressCardProps = { retry: Retry; integration: IntegrationRow; onHide: () => void };

function ProgressCard({ retry, integration, onHide }: ProgressCardProps) {
  const t = useFixT();
  const f = useFormat();
  const id = useId();
  const stateWord = useStateWord();
  const spoken = useAnnounced(retry);
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isOwnRetry(retry.id)) card.current?.focus();
  }, [retry.id]);
  const done = retry.exported + retry.failed;
  return (
    <section className="card progress-card" aria-labelledby={id} tabIndex={-1} ref={card}>
      <div className="row">
        <h2 id={id}>{t.retry.progress}: {stateWord(retry)}</h2>
        {isUnderWay(retry) ? <StopButton retry={retry} /> : <button type="button" className="quiet" onClick={onHide}>{t.retry.hide}</button>}
      </div>
      <progress max={Math.max(1, retry.records)} value={done} aria-labelledby={id} />
      <p>
        <strong>{t.retry.counts(f.number(done), f.number(retry.records))}</strong>
        {' · '}{t.retry.outcome(f.number(retry.exported), f.number(retry.failed))}
        {retry.remaining > 0 && isUnderWay(retry) && <> · {t.retry.remaining(f.number(retry.remaining))}</>}
      </p>
      {retry.state === 'waiting' && retry.resume_at && <p>{t.progress.waitsUntil(f.dateTime(retry.resume_at))}</p>}
      <Ending retry={retry} integration={integration} />
      <WhatIsCorrected retry={retry} />
      <p className="muted">
        {retry.requested_by_name
          ? t.retry.by(retry.requested_by_name, f.dateTime(retry.requested_at))
          : t.retry.byNobody(f.dateTime(retry.requested_at))}
        {' ('}<Time iso={retry.requested_at} as="relative" />{')'}
        {retry.approved_at && <>. {t.approval.by(retry.approved_by_name ?? t.progress.somebody, f.dateTime(retry.approved_at))}</>}
      </p>
      <p className="sr" aria-live="polite">{spoken}</p>
    </section>
  );
}

/** Those that wait or are under way, and the newest that is over until it is hidden. */
const shownOf = (retries: readonly Retry[], hidden: string | null): Retry[] => {
  const over = retries.find((retry) => !isUnderWay(retry));
  return retries.filter((retry) => isUnderWay(retry) || (retry === over && retry === retries[0] && retry.id !== hidden));
};

/** The retries of an integration: they stay on the page, for everyone and across reloads, until they are over and hidden. */
export function RetryProgress({ integration }: { integration: IntegrationRow }) {
  const client = useClient();
  const { org, active } = useOrg();
  const [hidden, setHidden] = useState(() => recall('hidden-retry'));
  const [mine, setMine] = useState(false);
  const polling = usePolling(active || mine);
  const { data: retries = [] } = useQuery({ ...retriesQuery(client, org.id, integration.integration_id), ...polling });
  const moves = retries.some((retry) => isUnderWay(retry) && retry.state !== 'asked');
  useEffect(() => setMine(moves), [moves]);
  const hide = (id: string) => {
    remember('hidden-retry', id);
    setHidden(id);
  };
  return shownOf(retries, hidden).map((retry) => (retry.state === 'asked'
    ? <ApprovalCard key={retry.id} retry={retry} />
    : <ProgressCard key={retry.id} retry={retry} integration={integration} onHide={() => hide(retry.id)} />));
}
