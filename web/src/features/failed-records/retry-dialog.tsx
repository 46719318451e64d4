import { useId, useMemo, useState } from 'react';
import type { FormEvent } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { retryFailed } from '../../lib/actions.ts';
import type { Correction, RetryOrder, Scope } from '../../lib/actions.ts';
import type { Client } from '../../lib/client.ts';
import { useFixT } from '../../lib/fix-words.ts';
import { useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import { systemName } from '../../lib/system-name.ts';
import { useAction } from '../../lib/use-action.ts';
import { ApprovalNote } from './approval-note.tsx';
import { correctionsOf, draftOf, isHalf } from './correction-draft.ts';
import type { MappingHint } from './correction-draft.ts';
import { CorrectionFields } from './correction-fields.tsx';
import { expectRetry } from './own-retry.ts';
import { PreviewView, usePreview } from './preview-view.tsx';
import { useSettled } from './use-settled.ts';

export type RetryDialogProps = {
  integration: IntegrationRow;
  scope: Scope;
  /** How many records that is; null when only the server knows. */
  count: number | null;
  hint: MappingHint | null;
  /** Begins with the values to put right. */
  fix?: boolean;
  onClose: () => void;
};

const TYPING_MS = 300;

async function orderRetry(client: Client, order: RetryOrder) {
  const ordered = await retryFailed(client, order);
  expectRetry(ordered.retry_id);
  return ordered;
}

function useOrdered() {
  const t = useFixT();
  return useAction(orderRetry, ({ records, mapped, state }) => {
    if (records === 0) return t.retry.nothing;
    if (state === 'asked') return t.approval.asked(records);
    return mapped ? `${t.retry.started(records)} ${t.retry.corrected(mapped)}` : t.retry.started(records);
  });
}

/** What the corrections as typed so far would send, once the typing pauses. */
function useTypedPreview(integration: string, scope: Scope, corrections: readonly Correction[]) {
  const settled = useSettled(corrections, TYPING_MS);
  const query = usePreview(settled.length > 0 ? { integration, scope, corrections: settled } : null);
  const shown = settled.length > 0 && corrections.length > 0;
  return { shown, preview: shown ? query.data ?? null : null, failed: query.isError };
}

/** Asks once before anything is sent: what will be, what will not, and which values are put right on the way. */
export function RetryDialog({ integration, scope, count, hint, fix = false, onClose }: RetryDialogProps) {
  const t = useFixT();
  const { org } = useOrg();
  const id = useId();
  const [mapped, setMapped] = useState(fix);
  const [draft, setDraft] = useState(() => draftOf(hint));
  const [canary, setCanary] = useState<boolean | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const corrections = useMemo(() => (mapped ? correctionsOf(draft) : []), [mapped, draft]);
  const { shown, preview, failed } = useTypedPreview(integration.integration_id, scope, corrections);
  const retry = useOrdered();
  const several = count === null || count > 1;
  // A correction nobody has tried yet is tried on one first, unless somebody says otherwise.
  const first = several && (canary ?? mapped);
  const asks = preview?.needs_approval ?? false;

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (mapped && isHalf(draft)) return setProblem(t.fix.halfRow);
    if (mapped && corrections.length === 0) return setProblem(t.fix.nothingMapped);
    setProblem(null);
    if (await retry.run({ org: org.id, integration: integration.integration_id, scope, corrections, canary: first })) onClose();
  };

  const word = asks ? t.fix.ask : t.retry.submit;
  return (
    <Dialog title={mapped ? t.fix.title : t.retry.title[scope.kind]} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <p>{count !== null && <strong>{t.records(count)}. </strong>}{t.retry.body(systemName(integration.system))} {t.retry.safe}</p>
        <details open={mapped} onToggle={(event) => setMapped(event.currentTarget.open)}>
          <summary>{t.retry.map}</summary>
          {mapped && <CorrectionFields draft={draft} more={hint?.more ?? 0} focus={fix} onChange={setDraft} />}
        </details>
        {shown && (
          <section className="preview" aria-labelledby={id} aria-busy={!preview && !failed}>
            <h3 id={id}>{t.fix.preview}</h3>
            {preview && <PreviewView preview={preview} />}
            {!preview && <p className="muted">{failed ? t.fix.previewFailed : t.fix.previewBusy}</p>}
          </section>
        )}
        {mapped && <ApprovalNote needed={asks} />}
        {several && (
          <label className="check">
            <input type="checkbox" name="canary" checked={first} onChange={(event) => setCanary(event.currentTarget.checked)} />
            <span>{t.retry.canary} <span className="muted">{t.retry.canaryHint}</span></span>
          </label>
        )}
        <p className="form-problem" role="alert">{problem}</p>
        <div className="row end">
          <button type="button" onClick={onClose}>{t.app.cancel}</button>
          <ActionButton type="submit" primary pending={retry.pending}>{retry.pending ? t.retry.busy : word}</ActionButton>
        </div>
      </form>
    </Dialog>
  );
}
