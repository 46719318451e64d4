import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { retryFailed } from '../../lib/actions.ts';
import type { Mapping, RetryOrder, Scope } from '../../lib/actions.ts';
import type { Client } from '../../lib/client.ts';
import { formText } from '../../lib/form-text.ts';
import { useT } from '../../lib/i18n.tsx';
import { useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import { systemName } from '../../lib/system-name.ts';
import { useAction } from '../../lib/use-action.ts';
import { expectRetry } from './own-retry.ts';

/** What the records have in common, as a start for correcting it. */
export type MappingHint = { field: string; values: readonly string[] };

export type RetryDialogProps = {
  integration: IntegrationRow;
  scope: Scope;
  /** How many records that is; null when only the server knows. */
  count: number | null;
  hint: MappingHint | null;
  onClose: () => void;
};

function readMapping(form: FormData): Mapping {
  const text = (name: string) => formText(form, name).trim();
  return { field: text('field'), from: text('from'), to: text('to') };
}

function MappingFields({ hint }: { hint: MappingHint | null }) {
  const t = useT();
  const id = useId();
  const values = hint?.values ?? [];
  return (
    <div className="form mapping">
      <p className="muted">{t.retry.mapHint}{values.length > 1 && ` ${t.retry.mapOthers}`}</p>
      <label htmlFor={`${id}-field`}>{t.retry.field}</label>
      <input id={`${id}-field`} name="field" defaultValue={hint?.field ?? ''} autoComplete="off" spellCheck={false} />
      <label htmlFor={`${id}-from`}>{t.retry.from}</label>
      {values.length > 1 ? (
        <select id={`${id}-from`} name="from">{values.map((value) => <option key={value}>{value}</option>)}</select>
      ) : (
        <input id={`${id}-from`} name="from" defaultValue={values[0] ?? ''} autoComplete="off" spellCheck={false} />
      )}
      <label htmlFor={`${id}-to`}>{t.retry.to}</label>
      <input id={`${id}-to`} name="to" autoComplete="off" spellCheck={false} />
    </div>
  );
}

async function orderRetry(client: Client, order: RetryOrder) {
  const ordered = await retryFailed(client, order);
  expectRetry(ordered.retry_id);
  return ordered;
}

/** Asks once before anything is sent: what will be, what will not, and whether a value is put right on the way. */
export function RetryDialog({ integration, scope, count, hint, onClose }: RetryDialogProps) {
  const t = useT();
  const { org } = useOrg();
  const [mapped, setMapped] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const several = count === null || count > 1;
  const retry = useAction(orderRetry, ({ records, mapped: corrected }) => {
    if (records === 0) return t.retry.nothing;
    return corrected ? `${t.retry.started(records)} ${t.retry.corrected(corrected)}` : t.retry.started(records);
  });

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const mapping = mapped ? readMapping(form) : null;
    if (mapping && (!mapping.field || !mapping.from || !mapping.to)) return setProblem(t.retry.mapMissing);
    if (mapping && mapping.from === mapping.to) return setProblem(t.retry.mapSame);
    setProblem(null);
    const canary = form.get('canary') !== null;
    if (await retry.run({ org: org.id, integration: integration.integration_id, scope, mapping, canary })) onClose();
  };

  return (
    <Dialog title={t.retry.title[scope.kind]} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <p>{count !== null && <strong>{t.records(count)}. </strong>}{t.retry.body(systemName(integration.system))} {t.retry.safe}</p>
        <details open={mapped} onToggle={(event) => setMapped(event.currentTarget.open)}>
          <summary>{t.retry.map}</summary>
          {mapped && <MappingFields hint={hint} />}
        </details>
        {several && (
          <label className="check">
            <input type="checkbox" name="canary" />
            <span>{t.retry.canary} <span className="muted">{t.retry.canaryHint}</span></span>
          </label>
        )}
        <p className="form-problem" role="alert">{problem}</p>
        <div className="row end">
          <button type="button" onClick={onClose}>{t.app.cancel}</button>
          <ActionButton type="submit" primary pending={retry.pending}>{retry.pending ? t.retry.busy : t.retry.submit}</ActionButton>
        </div>
      </form>
    </Dialog>
  );
}
