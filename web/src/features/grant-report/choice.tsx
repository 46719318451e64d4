import { useId } from 'react';
import type { FormEvent } from 'react';
import { Link, useLocation } from 'wouter';
import { formText } from '../../lib/form-text.ts';
import { useI18n } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import type { Span } from './form/build.ts';
import type { Template } from './form/template.ts';
import { FORMS, formKey } from './forms.ts';
import { PRESETS, presetSpan } from './grant-period.ts';
import type { Material } from './queries.ts';
import { grantWords } from './words.ts';

export type Chosen = { form: Template; span: Span; only: readonly string[] | null };

/** The address of a report: a link shows the same, and Back undoes. */
export function addressOf(org: string, { form, span, only }: Chosen): string {
  const search = new URLSearchParams({ form: formKey(form), from: span.from, to: span.to, ...(only && { only: only.join(',') }) });
  return `${paths.grantReport(org)}?${search}`;
}

/** The integrations whose records are in the report: those that hold any, and those chosen. */
function Sources({ only, sources, name }: { only: Chosen['only']; sources: Material['sources']; name: string }) {
  const t = grantWords[useI18n().locale];
  const { overview } = useOrg();
  const id = useId();
  const held = new Map(sources.map(({ integration, records }) => [integration, records]));
  const rows = (overview.data ?? []).filter((row) => held.has(row.integration_id) || only?.includes(row.slug));
  if (rows.length < 2 && only === null) return null;
  return (
    <fieldset className="sources">
      <legend>{t.sources}</legend>
      {rows.map((row) => (
        <div className="check" key={row.slug}>
          <input id={`${id}-${row.slug}`} type="checkbox" name={name} value={row.slug} defaultChecked={only === null || only.includes(row.slug)} />
          <label htmlFor={`${id}-${row.slug}`}>{t.sourceName(row.name, held.get(row.integration_id) ?? 0)}</label>
        </div>
      ))}
    </fieldset>
  );
}

/** Which form, which days, whose records. */
export function Choice({ chosen, sources, today }: { chosen: Chosen; sources: Material['sources']; today: string }) {
  const t = grantWords[useI18n().locale];
  const { org } = useOrg();
  const [, navigate] = useLocation();
  const id = useId();
  const { form, span, only } = chosen;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const [from = '', to = ''] = ['from', 'to'].map((name) => formText(given, name)).sort();
    const boxes = event.currentTarget.querySelectorAll('input[type="checkbox"]').length;
    const slugs = given.getAll('only').filter((value) => typeof value === 'string');
    navigate(addressOf(org.slug, {
      form: FORMS.find((one) => formKey(one) === formText(given, 'form')) ?? form, span: { from, to }, only: slugs.length === 0 || slugs.length === boxes ? null : slugs,
    }));
  };
  return (
    <section className="card stack" aria-labelledby={`${id}-head`}>
      <h2 id={`${id}-head`}>{t.choose}</h2>
      <nav aria-label={t.period}>
        <ul className="plain tabs">
          {PRESETS.map((preset) => {
            const its = presetSpan(preset, today);
            const isIt = its.from === span.from && its.to === span.to;
            return <li key={preset}><Link href={addressOf(org.slug, { form, span: its, only })} aria-current={isIt ? 'true' : undefined}>{t.presets[preset]}</Link></li>;
          })}
        </ul>
      </nav>
      <form className="stack" key={`${formKey(form)} ${span.from} ${span.to} ${only?.join()} ${sources.length}`} onSubmit={submit}>
        <div className="fields">
          <div className="form wide">
            <label htmlFor={`${id}-form`}>{t.form}</label>
            <select id={`${id}-form`} name="form" defaultValue={formKey(form)}>
              {FORMS.map((one) => <option key={formKey(one)} value={formKey(one)}>{t.formName(one.title, one.version)}</option>)}
            </select>
          </div>
          <div className="form">
            <label htmlFor={`${id}-from`}>{t.from}</label>
            <input id={`${id}-from`} type="date" name="from" required defaultValue={span.from} />
          </div>
          <div className="form">
            <label htmlFor={`${id}-to`}>{t.to}</label>
            <input id={`${id}-to`} type="date" name="to" required defaultValue={span.to} />
          </div>
        </div>
        <Sources only={only} sources={sources} name="only" />
        <div className="row start"><button type="submit">{t.show}</button></div>
      </form>
    </section>
  );
}
