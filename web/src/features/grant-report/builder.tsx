import { useDeferredValue, useId, useMemo, useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { useI18n } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import { useOff } from '../../lib/use-off.ts';
import type { Chosen } from './choice.tsx';
import { fieldsOf, firstDraft, keepDraft, keptDraft } from './draft.ts';
import type { Draft, Of } from './draft.ts';
import { filesOf, saveReport } from './files.ts';
import type { Kind } from './files.ts';
import { buildReport } from './form/build.ts';
import { checkReport, sumOfColumn } from './form/check.ts';
import { HandInDialog } from './hand-in-dialog.tsx';
import { IssueList } from './issue-list.tsx';
import type { RecordPlace } from './issue-list.tsx';
import { Particulars } from './particulars.tsx';
import type { HandedInReport, Material } from './queries.ts';
import { Totals } from './totals.tsx';
import { grantWords } from './words.ts';

type BuilderProps = { chosen: Chosen; integrations: readonly string[] | null; material: Material; handedIn: readonly HandedInReport[]; today: string };

function usePlaces(records: Material['records']): (record: string) => RecordPlace {
  const { org, overview } = useOrg();
  const byId = useMemo(() => new Map(records.map((record) => [record.id, record])), [records]);
  return (id) => {
    const record = byId.get(id);
    const slug = overview.data?.find(({ integration_id: integration }) => integration === record?.integration)?.slug;
    return { name: record?.sourceId ?? id, href: slug === undefined ? null : paths.record(org.slug, slug, id) };
  };
}

/** The report of a period that is free: what a person adds, what stands in its way, what it comes to, and the way out. */
export function Builder({ chosen: { form, span }, integrations, material, handedIn, today }: BuilderProps) {
  const t = grantWords[useI18n().locale];
  const { org } = useOrg();
  const viewer = useOff();
  const id = useId();
  const of: Of = { org: org.id, form, span };
  const [draft, setDraft] = useState<Draft>(() => keptDraft(of) ?? firstDraft(form, org.name, handedIn));
  const [downloaded, setDownloaded] = useState<string | null>(null);
  const [open, setOpen] = useState(false);
  const calm = useDeferredValue(draft);
  const report = useMemo(() => buildReport(form, { from: span.from, to: span.to }, fieldsOf(form, calm), material.records), [form, span.from, span.to, calm, material.records]);
  const issues = useMemo(() => checkReport(form, report), [form, report]);
  const placeOf = usePlaces(material.records);
  const state = `${material.fingerprint} ${JSON.stringify(report.fields)}`;
  const wrong = issues.length > 0 ? t.fix : null;
  const off = viewer ?? wrong ?? (span.to >= today ? t.notOver : null);
  const change = (changed: Draft): void => {
    setDraft(changed);
    keepDraft(of, changed);
  };
  const save = (kind: Kind): void => {
    saveReport({ scheme: form.scheme, ...span }, kind, filesOf(form, report));
    setDownloaded(state);
  };
  const idOf = (key: string): string => `${id}-${key}`;
  const sumFor = (key: string): string | null => {
    const sum = form.sums.find(({ field }) => field === key);
    return sum ? sumOfColumn(report, sum.column) : null;
  };
  return (
    <>
      <section className="card stack" aria-labelledby={`${id}-fields`}>
        <h2 id={`${id}-fields`}>{t.fields}</h2>
        <Particulars form={form} draft={draft} issues={issues} idOf={idOf} sumFor={sumFor} onChange={change} />
      </section>
      <section className="card stack" aria-labelledby={`${id}-check`}>
        <h2 id={`${id}-check`}>{t.check}</h2>
        <IssueList issues={issues} placeOf={placeOf} toField={(key) => document.getElementById(idOf(key))?.focus()} />
      </section>
      <section className="card stack" aria-labelledby={`${id}-totals`}>
        <h2 id={`${id}-totals`}>{t.totals}</h2>
        <Totals form={form} report={report} />
        <div className="row start">
          <ActionButton off={wrong} onClick={() => save('csv')}>{t.csv}</ActionButton>
          <ActionButton off={wrong} onClick={() => save('xlsx')}>{t.xlsx}</ActionButton>
          <ActionButton primary off={off} onClick={() => setOpen(true)}>{t.handIn}</ActionButton>
          {off && <span className="muted">{off}</span>}
        </div>
      </section>
      {open && (
        <HandInDialog
          form={form} span={span} integrations={integrations} material={material} report={report} today={today}
          hint={downloaded === null ? t.downloadFirst : downloaded === state ? null : t.downloadAgain}
          onDone={() => keepDraft(of, null)} onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
