import { useFormat, useT } from '../../lib/i18n.tsx';
import type { ConfigurationChanges } from '../../lib/manage-actions.ts';
import type { Configuration } from '../../lib/manage-rows.ts';
import type { ManageWords } from '../../lib/i18n/nb-manage.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { useNow } from '../../lib/now.ts';
import { scheduleInWords } from '../../lib/schedule.ts';
import type { Schedule } from '../../lib/schedule.ts';
import { changesOf, draftOf } from './draft.ts';

type Line = { field: string; theirs: string; mine: string };

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** What the person wants that differs from what is saved now. */
function lines(now: Configuration, wanted: ConfigurationChanges, words: ManageWords['configuration'], told: (schedule: Schedule) => string): Line[] {
  const { name, every_minutes: every, calendar, settings = {}, thresholds = {} } = wanted;
  return [
    ...(name === undefined ? [] : [{ field: words.name, theirs: now.name, mine: name }]),
    ...(every === undefined && calendar === undefined ? [] : [{ field: words.schedule, theirs: told(now), mine: told({ every_minutes: every, calendar }) }]),
    ...Object.entries(settings).map(([field, mine]) => ({
      field, theirs: shown(now.settings.find((one) => one.name === field)?.value), mine: shown(mine),
    })),
    ...Object.entries(thresholds).map(([field, mine]) => ({
      field: words.thresholds[field] ?? field, theirs: shown(now.thresholds.find((one) => one.name === field)?.value ?? words.usualValue),
      mine: shown(mine ?? words.usualValue),
    })),
  ];
}

type ConflictProps = {
  /** What the person began to edit, and what is saved now. */
  base: Configuration;
  now: Configuration;
  changes: ConfigurationChanges;
  takeTheirs: () => void;
  keepMine: () => void;
};

/** Somebody else saved while this person was editing: who, when, what they changed, what still differs, and the two ways on. */
export function Conflict({ base, now, changes, takeTheirs, keepMine }: ConflictProps) {
  const f = useFormat();
  const words = useManageWords().configuration;
  const minute = useNow(60_000);
  const t = useT();
  const told = (schedule: Schedule): string => scheduleInWords(schedule, t, f) ?? '';
  const changed = lines(base, changesOf(base, draftOf(now)), words, told);
  const differing = lines(now, changes, words, told);
  return (
    <div className="banner banner-warning" role="alert">
      <div className="conflict">
        <p className="strong">{words.conflict(now.changed_by ?? '?', f.when(now.updated_at, minute))}</p>
        <ul className="plain">
          {changed.map(({ field, theirs, mine }) => <li key={field}>{field}: {theirs} → <strong>{mine}</strong></li>)}
        </ul>
        <p>{words.conflictBody}</p>
        <ul className="plain">
          {differing.map(({ field, theirs, mine }) => (
            <li key={field}><strong>{field}</strong>: {words.theirs} <q>{theirs}</q>, {words.mine} <q>{mine}</q></li>
          ))}
        </ul>
        <div className="row start">
          <button type="button" onClick={keepMine}>{words.keepMine}</button>
          <button type="button" onClick={takeTheirs}>{words.takeTheirs}</button>
        </div>
      </div>
    </div>
  );
}
