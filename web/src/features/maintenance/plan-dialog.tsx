import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { Dialog } from '../../components/dialog.tsx';
import { formText } from '../../lib/form-text.ts';
import { useT } from '../../lib/i18n.tsx';
import { addMaintenance } from '../../lib/manage-actions.ts';
import { useAction } from '../../lib/use-action.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { useOrg } from '../../lib/org.tsx';

/** Plans a window in the organization's own wall time; which instant that is, the database says. */
export function PlanDialog({ onClose }: { onClose: () => void }) {
  const words = useManageWords().maintenance;
  const t = useT();
  const id = useId();
  const { org, overview } = useOrg();
  const [problem, setProblem] = useState<string | null>(null);
  const add = useAction(addMaintenance, () => words.added);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [starts, ends, reason] = [formText(form, 'starts'), formText(form, 'ends'), formText(form, 'reason').trim()];
    const integration = formText(form, 'integration');
    if (!ends || reason.length < 3) return setProblem(words.missing);
    if (starts && starts >= ends) return setProblem(words.order);
    setProblem(null);
    if (await add.run({ org: org.id, reason, ends, ...(starts && { starts }), ...(integration && { integration }) })) onClose();
  };
  return (
    <Dialog title={words.addTitle} onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void submit(event)}>
        <p>{words.what}</p>
        <div className="form">
          <label htmlFor={`${id}-scope`}>{words.scope}</label>
          <select id={`${id}-scope`} name="integration" data-first-focus>
            <option value="">{words.all}</option>
            {overview.data?.map((row) => <option key={row.integration_id} value={row.integration_id}>{row.name}</option>)}
          </select>
        </div>
        <div className="fields">
          <div className="form">
            <label htmlFor={`${id}-from`}>{words.from}</label>
            <input id={`${id}-from`} name="starts" type="datetime-local" aria-describedby={`${id}-zone`} />
          </div>
          <div className="form">
            <label htmlFor={`${id}-to`}>{words.to}</label>
            <input id={`${id}-to`} name="ends" type="datetime-local" aria-describedby={`${id}-zone ${id}-problem`} />
          </div>
        </div>
        <p className="muted" id={`${id}-zone`}>{words.zone(org.time_zone)}</p>
        <div className="form">
          <label htmlFor={`${id}-reason`}>{words.reason}</label>
          <input id={`${id}-reason`} name="reason" autoComplete="off" aria-describedby={`${id}-problem`} />
        </div>
        <p className="form-problem" id={`${id}-problem`} role="alert">{problem}</p>
        <div className="row end">
          <button type="button" onClick={onClose}>{t.app.cancel}</button>
          <button type="submit" className="primary" disabled={add.pending}>{words.save}</button>
        </div>
      </form>
    </Dialog>
  );
}
