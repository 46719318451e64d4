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
import { scheduleInWords } from '../../lib/schedule.ts';
import { changedSchedule, scheduleOf } from './draft.ts';
import type { Draft, Problems } from './draft.ts';
import { TextField } from './fields.tsx';

type Part = { saved: Configuration; draft: Draft; change: (part: Partial<Draft>) => void; problems: Problems; off: string | null };

function NextRuns({ saved, draft, enabled }: Pick<Part, 'saved' | 'draft'> & { enabled: boolean }) {
  const { locale } = useI18n();
  const words = useManageWords().configuration;
  const client = useClient();
  const id = useId();
  const now = useNow(60_000);
  const { org } = useOrg();
  const schedule = scheduleOf(draft);
  const first = draft.preset === 'every' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(draft.first) ? draft.first : '';
  const changed = schedule === null || first !== '' || Object.keys(changedSchedule(saved, { ...draft, first })).length > 0;
  const order = { org: org.id, integration: saved.integration_id, ...schedule, first };
  const preview = useQuery({
    queryKey: ['org', org.id, 'preview', order, locale], enabled: changed && schedule !== null, placeholderData: keepPreviousData, retry: false,
    queryFn: () => previewSchedule(client, order).catch(async (error: unknown) => { throw await inLanguage(error, locale); }),
  });
  const runs = changed ? preview.data : saved.next_runs;
  const refusal = preview.error?.message ?? null;
  const known = schedule !== null && !(changed && preview.error) && runs;
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
      ) : <p>{schedule === null || refusal === null ? words.nextUnknown : refusal}</p>}
    </section>
  );
}

function Weekday({ iso }: { iso: string }) {
  const f = useFormat();
  return <time dateTime={iso} title={f.exact(iso)}>{f.day(iso)}, {f.when(iso, Date.parse(iso))}</time>;
}

/** Which weekdays, as boxes to tick. */
function Weekdays({ draft, change, problems, off }: Omit<Part, 'saved'>) {
  const words = useManageWords().configuration;
  const f = useFormat();
  const id = useId();
  const toggle = (day: number): void => change({ weekdays: draft.weekdays.includes(day) ? draft.weekdays.filter((one) => one !== day) : [...draft.weekdays, day].toSorted() });
  return (
    <fieldset className="weekdays" aria-describedby={`${id}-problem`}>
      <legend>{words.weekdays}</legend>
      {[1, 2, 3, 4, 5, 6, 7].map((day) => (
        <label key={day}>
          <input
            type="checkbox" checked={draft.weekdays.includes(day)} aria-disabled={off !== null || undefined} title={off ?? undefined}
            aria-invalid={problems['weekdays'] ? true : undefined} onChange={() => off === null && toggle(day)}
          />
          {f.weekday(day)}
        </label>
      ))}
      <p className="form-problem" id={`${id}-problem`}>{problems['weekdays']}</p>
    </fieldset>
  );
}

type SelectProps<T extends string> = { label: string; value: T; options: Readonly<Record<T, string>>; choose: (value: T) => void; off: string | null };

function Select<T extends string>({ label, value, options, choose, off }: SelectProps<T>) {
  const id = useId();
  return (
    <div className="form">
      <label htmlFor={id}>{label}</label>
      <select
        id={id} value={value} aria-disabled={off !== null || undefined} title={off ?? undefined}
        onChange={(event) => off === null && choose(event.currentTarget.value as T)}
      >
        {Object.entries<string>(options).map(([option, word]) => <option key={option} value={option}>{word}</option>)}
      </select>
    </div>
  );
}

/** What the chosen kind of schedule needs to know. */
function When({ draft, change, problems, off }: Omit<Part, 'saved'>) {
  const words = useManageWords().configuration;
  const { org } = useOrg();
  if (draft.preset === 'every') {
    return (
      <>
        <TextField label={words.every} value={draft.every} change={(every) => change({ every })} problem={problems['every']} off={off} numeric />
        <Select label={words.unit} value={draft.unit} options={words.units} choose={(unit) => change({ unit })} off={off} />
        <TextField
          label={words.first} type="datetime-local" value={draft.first} change={(first) => change({ first })} off={off}
          hint={words.firstHint(org.time_zone)}
        />
      </>
    );
  }
  if (draft.preset === 'hourly') {
    return (
      <TextField
        label={words.minute} value={draft.minute} change={(minute) => change({ minute })} problem={problems['minute']} off={off} numeric
        hint={words.hourlyHint}
      />
    );
  }
  return (
    <TextField
      label={words.time} type="time" value={draft.time} change={(time) => change({ time })} problem={problems['time']} off={off}
      hint={words.calendarHint(org.time_zone)}
    />
  );
}

/** When it runs, chosen in words, and when that is. */
export function ScheduleSection({ saved, draft, change, problems, off, enabled }: Part & { enabled: boolean }) {
  const t = useT();
  const f = useFormat();
  const words = useManageWords().configuration;
  const id = useId();
  const schedule = scheduleOf(draft);
  return (
    <section className="card stack" aria-labelledby={id}>
      <h2 id={id}>{words.nameAndPlan}</h2>
      <div className="fields">
        <TextField label={words.name} value={draft.name} change={(name) => change({ name })} problem={problems['name']} off={off} />
        <Select label={words.preset} value={draft.preset} options={words.presets} choose={(preset) => change({ preset })} off={off} />
        <When draft={draft} change={change} problems={problems} off={off} />
      </div>
      {draft.preset === 'weekdays' && <Weekdays draft={draft} change={change} problems={problems} off={off} />}
      {schedule && <p className="strong">{words.plan(scheduleInWords(schedule, t, f) ?? '')}</p>}
      <NextRuns saved={saved} draft={draft} enabled={enabled} />
    </section>
  );
}
