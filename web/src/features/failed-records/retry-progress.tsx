import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFormat, useT } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { recall, remember } from '../../lib/memory.ts';
import { useOrg } from '../../lib/org.tsx';
import { retryQuery } from '../../lib/queries.ts';
import type { Retry } from '../../lib/rows.ts';
import { announcement, isUnderWay } from '../../lib/retry-state.ts';
import { say } from '../../lib/toasts.ts';
import { isOwnRetry } from './own-retry.ts';

/** What a screen reader hears: each quarter and the end, not every poll. */
function useAnnounced(retry: Retry): string {
  const t = useT();
  const f = useFormat();
  const last = useRef<{ id: string; quarter: number } | null>(null);
  const [spoken, setSpoken] = useState('');
  useEffect(() => {
    const before = last.current?.id === retry.id ? last.current.quarter : null;
    const { quarter, news } = announcement(retry, before);
    last.current = { id: retry.id, quarter };
    if (news === 'quarter') setSpoken(t.retry.announce(f.number(retry.exported + retry.failed), f.number(retry.records)));
    if (news === 'end') {
      const outcome = t.retry.outcome(f.number(retry.exported), f.number(retry.failed));
      say({ tone: retry.state === 'stopped' ? 'problem' : 'done', text: `${t.retry.states[retry.state] ?? retry.state}: ${outcome}` });
    }
  }, [retry, t, f]);
  return spoken;
}

function ProgressCard({ retry, onHide }: { retry: Retry; onHide: () => void }) {
  const t = useT();
  const f = useFormat();
  const id = useId();
  const spoken = useAnnounced(retry);
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isOwnRetry(retry.id)) card.current?.focus();
  }, [retry.id]);
  const done = retry.exported + retry.failed;
  return (
    <section className="card progress-card" aria-labelledby={id} tabIndex={-1} ref={card}>
      <div className="row">
        <h2 id={id}>{t.retry.progress}: {t.retry.states[retry.state] ?? retry.state}</h2>
        {!isUnderWay(retry) && <button type="button" className="quiet" onClick={onHide}>{t.retry.hide}</button>}
      </div>
      <progress max={Math.max(1, retry.records)} value={done} aria-labelledby={id} />
      <p>
        <strong>{t.retry.counts(f.number(done), f.number(retry.records))}</strong>
        {' · '}{t.retry.outcome(f.number(retry.exported), f.number(retry.failed))}
        {retry.remaining > 0 && <> · {t.retry.remaining(f.number(retry.remaining))}</>}
      </p>
      <p className="muted">
        {retry.requested_by_name
          ? t.retry.by(retry.requested_by_name, f.dateTime(retry.requested_at))
          : t.retry.byNobody(f.dateTime(retry.requested_at))}
        {' ('}<Time iso={retry.requested_at} as="relative" />{')'}
      </p>
      <p className="sr" aria-live="polite">{spoken}</p>
    </section>
  );
}

/** The latest retry of an integration: it stays on the page, for everyone and across reloads, until it is over and hidden. */
export function RetryProgress({ integration }: { integration: string }) {
  const client = useClient();
  const { org, active } = useOrg();
  const [hidden, setHidden] = useState(() => recall('hidden-retry'));
  const [mine, setMine] = useState(false);
  const polling = usePolling(active || mine);
  const { data: retry } = useQuery({ ...retryQuery(client, org.id, integration), ...polling });
  const underWay = retry ? isUnderWay(retry) : false;
  useEffect(() => setMine(underWay), [underWay]);
  if (!retry || retry.id === hidden) return null;
  const hide = () => {
    remember('hidden-retry', retry.id);
    setHidden(retry.id);
  };
  return <ProgressCard retry={retry} onHide={hide} />;
}
