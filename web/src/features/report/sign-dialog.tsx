import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { useI18n, useT } from '../../lib/i18n.tsx';
import { useOrg } from '../../lib/org.tsx';
import { useAction } from '../../lib/use-action.ts';
import type { Period } from './period.ts';
import { signStatement } from './queries.ts';
import type { Completeness } from './queries.ts';
import { reportWords } from './words.ts';

type SignDialogProps = { row: Completeness; name: string; period: Period; onClose: () => void };

/** Asks whoever signs to mean it. What is signed is what the page showed; if that has changed, the server refuses. */
export function SignDialog({ row, name, period, onClose }: SignDialogProps) {
  const app = useT();
  const t = reportWords[useI18n().locale];
  const { org } = useOrg();
  const id = useId();
  const [note, setNote] = useState('');
  const { run, pending } = useAction(signStatement, () => t.signed);
  const sign = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    await run({ org: org.id, integration: row.integration_id, period, fingerprint: row.fingerprint, note });
    onClose();
  };
  return (
    <Dialog title={t.signTitle(name)} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void sign(event)}>
        <p>{t.signBody}</p>
        <div className="form">
          <label htmlFor={id}>{t.note}</label>
          <input id={id} name="note" maxLength={2000} autoComplete="off" value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        </div>
        <div className="row end">
          <button type="button" onClick={onClose}>{app.app.cancel}</button>
          <ActionButton type="submit" primary pending={pending}>{t.signNow}</ActionButton>
        </div>
      </form>
    </Dialog>
  );
}
