import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { useI18n, useT } from '../../lib/i18n.tsx';
import { useOrg } from '../../lib/org.tsx';
import { useAction } from '../../lib/use-action.ts';
import { filesOf, toBase64 } from './files.ts';
import type { Report, Span } from './form/build.ts';
import type { Template } from './form/template.ts';
import { handInReport } from './queries.ts';
import type { Material } from './queries.ts';
import { grantWords } from './words.ts';

type HandInDialogProps = {
  form: Template; span: Span; integrations: readonly string[] | null; material: Material; report: Report; today: string;
  hint: string | null; onDone: () => void; onClose: () => void;
};

/** Asks when it was handed in and under which reference. What is kept is what the page showed; if records changed, the server refuses. */
export function HandInDialog({ form, span, integrations, material, report, today, hint, onDone, onClose }: HandInDialogProps) {
  const app = useT();
  const t = grantWords[useI18n().locale];
  const { org } = useOrg();
  const id = useId();
  const [day, setDay] = useState(today);
  const [reference, setReference] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const { run, pending } = useAction(handInReport, () => t.handedIn);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (day === '' || day <= span.to || day > today) return setProblem(t.badDay);
    setProblem(null);
    const { csv, xlsx } = filesOf(form, report);
    const order = { org: org.id, template: form, span, integrations, fields: report.fields, fingerprint: material.fingerprint, csv, xlsx: toBase64(xlsx), day, reference };
    if (await run(order)) onDone();
    onClose();
  };
  return (
    <Dialog title={t.handInTitle} onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void submit(event)}>
        <p>{t.handInBody}</p>
        {hint && <p className="note">{hint}</p>}
        <div className="form">
          <label htmlFor={`${id}-day`}>{t.handedInOn}</label>
          <input
            id={`${id}-day`} type="date" value={day} max={today} onChange={(event) => setDay(event.currentTarget.value)}
            aria-invalid={problem ? true : undefined} aria-describedby={`${id}-problem`}
          />
          <label htmlFor={`${id}-reference`}>{t.reference}</label>
          <input id={`${id}-reference`} maxLength={200} autoComplete="off" value={reference} onChange={(event) => setReference(event.currentTarget.value)} />
          <p className="form-problem" id={`${id}-problem`} role="alert">{problem}</p>
        </div>
        <div className="row end">
          <button type="button" onClick={onClose}>{app.app.cancel}</button>
          <ActionButton type="submit" primary pending={pending}>{t.handInNow}</ActionButton>
        </div>
      </form>
    </Dialog>
  );
}
