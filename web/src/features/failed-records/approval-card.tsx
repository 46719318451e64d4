import { useEffect, useId, useRef, useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { ReasonDialog } from '../../components/reason-dialog.tsx';
import { Time } from '../../components/time.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import type { Retry } from '../../lib/record-rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useOff } from '../../lib/use-off.ts';
import { approveRetry, declineRetry, stopRetry } from './fix-actions.ts';
import { isOwnRetry } from './own-retry.ts';
import { PreviewView, usePreview } from './preview-view.tsx';

function Decline({ retry }: { retry: string }) {
  const t = useFixT();
  const { org } = useOrg();
  const off = useOff();
  const [asking, setAsking] = useState(false);
  const decline = useAction(declineRetry, () => t.approval.declined);
  return (
    <>
      <ActionButton off={off} onClick={() => setAsking(true)}>{t.approval.decline}</ActionButton>
      {asking && (
        <ReasonDialog
          title={t.approval.declineTitle} body={t.approval.declineBody} pending={decline.pending} onClose={() => setAsking(false)}
          choices={[{ word: t.approval.declineDo, act: (reason) => decline.run({ org: org.id, retry, reason }) }]}
        />
      )}
    </>
  );
}

/** What is corrected: a line for each mapping, or that somebody edited the record. */
export function WhatIsCorrected({ retry }: { retry: Retry }) {
  const t = useFixT();
  if (retry.edited) return <p>{t.approval.edited}</p>;
  if (!retry.mapping) return null;
  return (
    <ul className="plain values">
      {retry.mapping.map(({ field, from, to }) => (
        <li key={`${field} ${from}`}><code>{printable(t.approval.mapped(field, from ?? t.approval.whatever, to))}</code></li>
      ))}
    </ul>
  );
}

/** A retry that waits for a second person: what would be sent, and the yes, the no, or for whoever asked the way back. */
export function ApprovalCard({ retry }: { retry: Retry }) {
  const t = useFixT();
  const f = useFormat();
  const id = useId();
  const { org, mayAct } = useOrg();
  const forbidden = useOff();
  const card = useRef<HTMLElement>(null);
  const preview = usePreview(mayAct ? { integration: retry.integration_id, retry: retry.id } : null);
  const approve = useAction(approveRetry, ({ records }) => t.approval.approved(records));
  const withdraw = useAction(stopRetry, () => t.approval.withdrawn);
  useEffect(() => {
    if (isOwnRetry(retry.id)) card.current?.focus();
  }, [retry.id]);
  const one = { org: org.id, retry: retry.id };
  const off = forbidden ?? (retry.is_own && org.approve_changes ? t.approval.ownRequest : null);
  return (
    <section className="card progress-card" aria-labelledby={id} tabIndex={-1} ref={card}>
      <h2 id={id}>{t.approval.title(retry.records)}</h2>
      <p className="muted">
        {t.approval.askedBy(retry.requested_by_name ?? t.progress.somebody, f.dateTime(retry.requested_at))}
        {' ('}<Time iso={retry.requested_at} as="relative" />{')'}
      </p>
      <WhatIsCorrected retry={retry} />
      {preview.data && <details><summary>{t.fix.preview}</summary><PreviewView preview={preview.data} /></details>}
      {retry.is_own && <p>{t.approval.ownRequest}</p>}
      <div className="row start">
        <ActionButton primary off={off} pending={approve.pending} onClick={() => void approve.run(one)}>{t.approval.approve}</ActionButton>
        {retry.is_own
          ? <ActionButton off={forbidden} pending={withdraw.pending} onClick={() => void withdraw.run(one)}>{t.approval.withdraw}</ActionButton>
          : <Decline retry={retry.id} />}
      </div>
    </section>
  );
}
