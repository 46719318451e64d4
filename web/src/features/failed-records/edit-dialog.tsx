import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import type { Client } from '../../lib/client.ts';
import { readDecimal } from '../../lib/decimal.ts';
import { useFixT } from '../../lib/fix-words.ts';
import { useI18n } from '../../lib/i18n.tsx';
import { useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { RecordDetail } from '../../lib/record-rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useOff } from '../../lib/use-off.ts';
import { ApprovalNote } from './approval-note.tsx';
import { ChangesTable } from './changes-table.tsx';
import { fieldChanges } from './content-changes.ts';
import { changesOf, editDraft, isContent, newField, typedAmount } from './edit-draft.ts';
import type { EditDraft, EditedField } from './edit-draft.ts';
import { editRecord } from './fix-actions.ts';
import type { EditOrder } from './fix-actions.ts';
import { expectRetry } from './own-retry.ts';

const MOST_FIELDS = 200;

async function orderEdit(client: Client, order: EditOrder) {
  const ordered = await editRecord(client, order);
  expectRetry(ordered.retry_id);
  return ordered;
}

function Field({ field, first, onChange }: { field: EditedField; first: boolean; onChange: (change: Partial<EditedField>) => void }) {
  const t = useFixT();
  const id = useId();
  const long = field.kind === 'json' || field.text.length > 80;
  const common = { id, value: field.text, spellCheck: false, 'data-first-focus': first || undefined };
  return (
    <div>
      {field.added && (
        <>
          <label htmlFor={`${id}-name`}>{t.edit.name}</label>
          <input
            id={`${id}-name`} value={field.name} autoComplete="off" spellCheck={false}
            onChange={(event) => onChange({ name: event.currentTarget.value })}
          />
        </>
      )}
      <label htmlFor={id}>{field.added ? t.edit.value : <code>{printable(field.name)}</code>}</label>
      {long
        ? <textarea {...common} rows={4} onChange={(event) => onChange({ text: event.currentTarget.value })} />
        : <input {...common} autoComplete="off" onChange={(event) => onChange({ text: event.currentTarget.value })} />}
    </div>
  );
}

type OwnProps = { draft: EditDraft; record: RecordDetail; onChange: (draft: EditDraft) => void };

/** What the record carries beside its payload, where it carries any. */
function Own({ draft, record, onChange }: OwnProps) {
  const t = useFixT();
  const id = useId();
  if (!record.amount && !record.occurred_on) return null;
  return (
    <fieldset className="form edit-fields">
      <legend>{t.edit.own}</legend>
      {record.amount && (
        <div>
          <label htmlFor={`${id}-amount`}>{t.record.amount} ({record.currency})</label>
          <input
            id={`${id}-amount`} inputMode="decimal" autoComplete="off" value={draft.amount}
            onChange={(event) => onChange({ ...draft, amount: event.currentTarget.value })}
          />
        </div>
      )}
      {record.occurred_on && (
        <div>
          <label htmlFor={`${id}-date`}>{t.record.date}</label>
          <input
            id={`${id}-date`} type="date" value={draft.occurredOn}
            onChange={(event) => onChange({ ...draft, occurredOn: event.currentTarget.value })}
          />
        </div>
      )}
    </fieldset>
  );
}

type EditDialogProps = { record: RecordDetail; payload: Readonly<Record<string, unknown>>; field: string | null; onClose: () => void };

function EditDialog({ record: opened, payload: seen, field, onClose }: EditDialogProps) {
  const t = useFixT();
  const { locale } = useI18n();
  const { org } = useOrg();
  // The record as it was when the dialog opened: a version that comes while somebody types is not the one they edit.
  const [{ record, payload }] = useState({ record: opened, payload: seen });
  const own = { amount: record.amount ?? '', occurredOn: record.occurred_on ?? '' };
  const [draft, setDraft] = useState(() => editDraft(payload, { ...own, amount: typedAmount(own.amount, locale) }, field));
  const amount = readDecimal(draft.amount, locale);
  const [problem, setProblem] = useState<string | null>(null);
  const [isAlone, setAlone] = useState(false);
  const edit = useAction(orderEdit, ({ records, state }) => (state === 'asked' ? t.approval.asked(records) : t.edit.sent));
  const said = changesOf(payload, draft);
  const withOwn = (content: object, amount: string, occurredOn: string) => ({
    ...content, ...(record.amount && { 'record.amount': amount }), ...(record.occurred_on && { 'record.occurred_on': occurredOn }),
  });
  const after = withOwn(said.ok ? { ...payload, ...said.changes } : payload, amount ?? draft.amount, draft.occurredOn);
  const changes = fieldChanges(withOwn(payload, own.amount, own.occurredOn), after).filter(({ changed }) => changed);
  const change = (index: number, part: Partial<EditedField>) =>
    setDraft({ ...draft, fields: draft.fields.map((one, i) => (i === index ? { ...one, ...part } : one)) });
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!said.ok) return setProblem(said.problem === 'json' ? t.edit.badJson(said.field) : t.edit.nameless);
    if (record.amount && amount === null) return setProblem(t.edit.badAmount);
    if (changes.length === 0) return setProblem(t.edit.none);
    setProblem(null);
    const sent = await edit.run({
      org: org.id, record: record.id, version: record.version, changes: said.changes,
      amount: record.amount ? amount : null, currency: record.currency ?? null, occurredOn: record.occurred_on ? draft.occurredOn : null,
    });
    if (sent) return onClose();
    setAlone(org.other_approvers === 0);
  };
  const start = Math.max(0, draft.fields.findIndex(({ name }) => name === field));
  return (
    <Dialog title={t.edit.title} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <p>{t.edit.body}</p>
        <Own draft={draft} record={record} onChange={setDraft} />
        <fieldset className="form edit-fields">
          <legend>{t.edit.payload}</legend>
          {draft.fields.map((one, index) => (
            <Field key={one.added ? `added ${index}` : one.name} field={one} first={index === start} onChange={(part) => change(index, part)} />
          ))}
          <div className="row start">
            <button type="button" className="quiet" onClick={() => setDraft({ ...draft, fields: [...draft.fields, newField] })}>{t.edit.add}</button>
          </div>
        </fieldset>
        {changes.length > 0 ? <ChangesTable caption={t.edit.changes} changes={changes} /> : <p className="muted">{t.edit.none}</p>}
        <ApprovalNote needed={isAlone && org.approve_changes} />
        <p className="form-problem" role="alert">{problem}</p>
        <div className="row end">
          <button type="button" onClick={onClose}>{t.app.cancel}</button>
          <ActionButton type="submit" primary pending={edit.pending}>{edit.pending ? t.retry.busy : t.fix.submit}</ActionButton>
        </div>
      </form>
    </Dialog>
  );
}

type EditButtonProps = { record: RecordDetail; integration: IntegrationRow; field: string | null };

/** Opens a failed record's content for editing. */
export function EditButton({ record, integration, field }: EditButtonProps) {
  const t = useFixT();
  const forbidden = useOff();
  const [open, setOpen] = useState(false);
  const { payload } = record;
  if (!isContent(payload)) return null;
  const off = forbidden ?? (integration.enabled ? null : t.integration.syncOff) ?? (Object.keys(payload).length > MOST_FIELDS ? t.edit.tooLarge : null);
  return (
    <>
      <ActionButton off={off} onClick={() => setOpen(true)}>{t.edit.button}</ActionButton>
      {open && <EditDialog record={record} payload={payload} field={field} onClose={() => setOpen(false)} />}
    </>
  );
}
