import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { useClient } from '../../lib/client-context.tsx';
import { useFormat, useI18n, useT } from '../../lib/i18n.tsx';
import { inLanguage } from '../../lib/refusal.ts';
import { previewSchedule } from '../../lib/manage-actions.ts';
import type { Configuration } from '../../lib/manage-rows.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { useNow } from '../../lib/now.ts';
import { useOrg } from '../../lib/org.tsx';
import { everyInWords } from '../../lib/schedule.ts';
import { minutesOf, UNITS } from './draft.ts';
import type { Draft, Problems, Unit } from './draft.ts';
import { TextField } from './fields.tsx';

type Part = { saved: Configuration; draft: Draft; change: (part: Partial<Draft>) => void; problems: Problems; off: string | null };

function NextRuns({ saved, draft, enabled }: Pick<Part, 'saved' | 'draft'> & { enabled: boolean }) {
  const { locale } = useI18n();
  const words = useManageWords().configuration;
  const client = useClient();
  const id = useId();
  const now = useNow(60_000);
  const { org } = useOrg();
  const minutes = minutesOf(draft);
  const first = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(draft.first) ? draft.first : '';
  const changed = minutes !== saved.every_minutes || first !== '';
  const order = { org: org.id, integration: saved.integration_id, minutes: minutes ?? 0, first };
  const preview = useQuery({
    queryKey: ['org', org.id, 'preview', order, locale], enabled: changed && minutes !== null, placeholderData: keepPreviousData, retry: false,
    queryFn: () => previewSchedule(client, order).catch(async (error: unknown) => { throw await inLanguage(error, locale); }),
  });
  const runs = changed ? preview.data : saved.next_runs;
  const refusal = preview.error?.message ?? null;
  const known = minutes !== null && !(changed && preview.error) && runs;
  return (
    <section className="stack" aria-labelledby={id} aria-live="polite">
      <h3 id={id}>{words.next}</h3>
      {known ? (
        <>
          <p className="muted">{changed ? words.nextPreview : words.nextSaved}{!enabled && ` ${words.pausedWhileOff}`}</p>
          <ol className="next-runs">
            {runs.map((run) => <li key={run}>{Date.parse(run) <= now ? words.overdue : <Weekday iso={run} />}</li>)}
          </ol>
        </>
      ) : <p>{minutes === null || refusal === null ? words.nextUnknown : refusal}</p>}
    </section>
  );
}

function Weekday({ iso }: { iso: string }) {
  const f = useFormat();
  return <time dateTime={iso} title={f.exact(iso)}>{f.day(iso)}, {f.when(iso, Date.parse(iso))}</time>;
}

/** How often it runs, in numbers and in words, and when that is. */
export function ScheduleSection({ saved, draft, change, problems, off, enabled }: Part & { enabled: boolean }) {
  const t = useT();
  const words = useManageWords().configuration;
  const id = useId();
  const { org } = useOrg();
  const minutes = minutesOf(draft);
  return (
    <section className="card stack" aria-labelledby={id}>
      <h2 id={id}>{words.nameAndPlan}</h2>
      <div className="fields">
        <TextField label={words.name} value={draft.name} change={(name) => change({ name })} problem={problems['name']} off={off} />
        <TextField label={words.every} value={draft.every} change={(every) => change({ every })} problem={problems['every']} off={off} numeric />
        <div className="form">
          <label htmlFor={`${id}-unit`}>{words.unit}</label>
          <select
            id={`${id}-unit`} value={draft.unit} aria-disabled={off !== null || undefined} title={off ?? undefined}
            onChange={(event) => off === null && change({ unit: event.currentTarget.value as Unit })}
          >
            {Object.keys(UNITS).map((unit) => <option key={unit} value={unit}>{words.units[unit as Unit]}</option>)}
          </select>
        </div>
        <TextField
          label={words.first} type="datetime-local" value={draft.first} change={(first) => change({ first })} off={off}
          hint={words.firstHint(org.time_zone)}
        />
      </div>
      {minutes !== null && <p className="strong">{words.plan(everyInWords(minutes, t))}</p>}
      <NextRuns saved={saved} draft={draft} enabled={enabled} />
    </section>
  );
}
