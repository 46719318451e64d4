import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { Dialog } from '../../components/dialog.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { formText } from '../../lib/form-text.ts';
import { useFormat, useI18n, useT } from '../../lib/i18n.tsx';
import { addMaintenance, previewMaintenance } from '../../lib/manage-actions.ts';
import { useAction } from '../../lib/use-action.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { useOrg } from '../../lib/org.tsx';
import { inLanguage } from '../../lib/refusal.ts';

const isWall = (text: string): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text);

/** What the plan comes to, as the database reckons it: its windows in the organization's own zone, and the cut-offs they cover. */
function Preview({ starts, ends, until }: { starts: string; ends: string; until: string | null }) {
  const { locale } = useI18n();
  const words = useManageWords().maintenance;
  const f = useFormat();
  const id = useId();
  const client = useClient();
  const { org } = useOrg();
  const order = { org: org.id, ends, ...(starts && { starts }), ...(until !== null && { weekly_until: until }) };
  const asked = isWall(ends) && (!starts || isWall(starts)) && until !== '';
  const { data, error } = useQuery({
    queryKey: ['org', org.id, 'preview-maintenance', order, locale], enabled: asked, placeholderData: keepPreviousData, retry: false,
    queryFn: () => previewMaintenance(client, order).catch(async (problem: unknown) => { throw await inLanguage(problem, locale); }),
  });
  if (!asked) return null;
  if (error) return <p className="form-problem" role="status">{error.message}</p>;
  if (!data) return null;
  const more = data.windows - data.next.length;
  return (
    <section className="stack" aria-labelledby={id} aria-live="polite">
      <h3 id={id}>{words.preview}</h3>
      <ul>{data.next.map((one) => <li key={one.starts_at}>{words.span(f.dateTime(one.starts_at), f.dateTime(one.ends_at))}</li>)}</ul>
      {more > 0 && <p>{words.previewMore(more)}</p>}
      {data.cutoffs > 0 && <p className="note">{words.previewCutoffs(data.cutoffs)}</p>}
    </section>
  );
}

/** Plans a window in the organization's own wall time; which instant that is, the database says. */
export function PlanDialog({ onClose }: { onClose: () => void }) {
  const words = useManageWords().maintenance;
  const t = useT();
  const id = useId();
  const { org, overview } = useOrg();
  const [problem, setProblem] = useState<string | null>(null);
  const [{ starts: begins, ends: stops, weekly, until: last }, setTyped] = useState({ starts: '', ends: '', weekly: false, until: '' });
  const type = (part: { starts?: string; ends?: string; weekly?: boolean; until?: string }): void => setTyped((before) => ({ ...before, ...part }));
  const add = useAction(addMaintenance, () => words.added);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [starts, ends, reason] = [formText(form, 'starts'), formText(form, 'ends'), formText(form, 'reason').trim()];
    const integration = formText(form, 'integration');
    if (!ends || reason.length < 3) return setProblem(words.missing);
    if (starts && starts >= ends) return setProblem(words.order);
    if (weekly && (!starts || !last)) return setProblem(words.missingUntil);
    setProblem(null);
    if (await add.run({ org: org.id, reason, ends, ...(starts && { starts }), ...(integration && { integration }), ...(weekly && { weekly_until: last }) })) onClose();
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
            <input id={`${id}-from`} name="starts" type="datetime-local" value={begins} onChange={(event) => type({ starts: event.currentTarget.value })} aria-describedby={`${id}-zone`} />
          </div>
          <div className="form">
            <label htmlFor={`${id}-to`}>{words.to}</label>
            <input id={`${id}-to`} name="ends" type="datetime-local" value={stops} onChange={(event) => type({ ends: event.currentTarget.value })} aria-describedby={`${id}-zone ${id}-problem`} />
          </div>
        </div>
        <p className="muted" id={`${id}-zone`}>{words.zone(org.time_zone)}</p>
        <div className="fields">
          <div className="form">
            <label htmlFor={`${id}-repeats`}>{words.repeats}</label>
            <select id={`${id}-repeats`} value={weekly ? 'weekly' : 'once'} onChange={(event) => type({ weekly: event.currentTarget.value === 'weekly' })}>
              {Object.entries(words.repeat).map(([value, word]) => <option key={value} value={value}>{word}</option>)}
            </select>
          </div>
          {weekly && (
            <div className="form">
              <label htmlFor={`${id}-until`}>{words.until}</label>
              <input
                id={`${id}-until`} type="date" value={last} onChange={(event) => type({ until: event.currentTarget.value })}
                aria-describedby={`${id}-problem`}
              />
            </div>
          )}
        </div>
        <Preview starts={begins} ends={stops} until={weekly ? last : null} />
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
