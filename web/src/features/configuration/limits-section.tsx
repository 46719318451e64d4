import { useId } from 'react';
import { useFormat } from '../../lib/i18n.tsx';
import type { Configuration } from '../../lib/manage-rows.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import type { Draft, Problems } from './draft.ts';
import { TextField } from './fields.tsx';

type Part = { saved: Configuration; draft: Draft; change: (part: Partial<Draft>) => void; problems: Problems; off: string | null };

/** The thresholds, each with its usual value and its range. */
export function LimitsSection({ saved, draft, change, problems, off }: Part) {
  const f = useFormat();
  const words = useManageWords().configuration;
  const id = useId();
  return (
    <section className="card stack" aria-labelledby={id}>
      <h2 id={id}>{words.limits}</h2>
      <p className="muted">{words.limitsHint}</p>
      <div className="fields">
        {saved.thresholds.map(({ name, preset, lowest, highest }) => (
          <TextField
            key={name} label={words.thresholds[name] ?? name} value={draft.thresholds[name] ?? ''} off={off} numeric
            problem={problems[`threshold:${name}`]}
            change={(value) => change({ thresholds: { ...draft.thresholds, [name]: value } })}
            hint={preset == null ? words.usualOff(f.number(lowest), f.number(highest))
              : words.usual(f.number(preset), f.number(lowest), f.number(highest))}
          />
        ))}
      </div>
    </section>
  );
}

/** What the system itself wants to know: by its own names, each keeping its kind. */
export function SettingsSection({ saved, draft, change, problems, off }: Part) {
  const words = useManageWords().configuration;
  const id = useId();
  const set = (name: string, value: string | boolean): void => change({ settings: { ...draft.settings, [name]: value } });
  return (
    <section className="card stack" aria-labelledby={id}>
      <h2 id={id}>{words.settings}</h2>
      <p className="muted">{saved.settings.length > 0 ? words.settingsHint : words.noSettings}</p>
      <div className="fields">
        {saved.settings.map(({ name, value, address }) => {
          const typed = draft.settings[name];
          if (typeof typed === 'boolean') {
            return (
              <label className="check" key={name}>
                <input
                  type="checkbox" checked={typed} aria-disabled={off !== null || undefined} title={off ?? undefined}
                  onChange={(event) => off === null && set(name, event.currentTarget.checked)}
                />
                <code>{name}</code>
              </label>
            );
          }
          if (typed === undefined) {
            return (
              <details key={name}>
                <summary><code>{name}</code></summary>
                <p className="muted">{words.fixedSetting}</p>
                <pre>{JSON.stringify(value, null, 2)}</pre>
              </details>
            );
          }
          return (
            <TextField
              key={name} label={<code>{name}</code>} value={typed} change={(text) => set(name, text)} off={off}
              problem={problems[`setting:${name}`]} hint={address ? words.addressHint : ''}
            />
          );
        })}
      </div>
    </section>
  );
}
