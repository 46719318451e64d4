import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { Link } from 'wouter';
import { ActionButton } from '../../components/action-button.tsx';
import { Facts } from '../../components/facts.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { ReasonDialog } from '../../components/reason-dialog.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFormat, useI18n } from '../../lib/i18n.tsx';
import { useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { useOff } from '../../lib/use-off.ts';
import { useAction } from '../../lib/use-action.ts';
import { ChangedRecords } from './changed-records.tsx';
import { addressOf } from './choice.tsx';
import { isTrue } from './files.ts';
import { textOf } from './form/check.ts';
import type { Template } from './form/template.ts';
import { KeptFiles } from './kept-files.tsx';
import { keptQuery, unlockReport } from './queries.ts';
import type { HandedInReport } from './queries.ts';
import { grantWords } from './words.ts';

/** What was handed in: what was typed, and whether the kept files are what the kept records give. Read when it is opened. */
function Content({ report, form }: { report: HandedInReport; form: Template }) {
  const t = grantWords[useI18n().locale];
  const client = useClient();
  const { org } = useOrg();
  const [open, setOpen] = useState(false);
  const query = useQuery({ ...keptQuery(client, org.id, report.id), enabled: open });
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.fields}</summary>
      {open && (
        <Loaded query={query}>
          {(kept) => {
            const fits = isTrue(kept);
            return (
              <>
                <Facts of={form.fields.map(({ key, title }) => [title, printable(textOf(kept.fields[key]) ?? '–')])} />
                <p><StatusPill kind={fits ? 'ok' : 'warning'} word={fits ? t.verified : t.notVerified} /></p>
                <p className="muted">{t.sha}: <code>{report.csv_sha256}</code> (CSV), <code>{report.xlsx_sha256}</code> (XLSX)</p>
              </>
            );
          }}
        </Loaded>
      )}
    </details>
  );
}

/** A period whose days are taken: what was handed in, whether it still holds, copies of it, and the way to unlock it. */
export function Locked({ report, form, isSame }: { report: HandedInReport; form: Template; isSame: boolean }) {
  const t = grantWords[useI18n().locale];
  const f = useFormat();
  const { org } = useOrg();
  const off = useOff();
  const id = useId();
  const [asking, setAsking] = useState(false);
  const { run, pending } = useAction(unlockReport, () => t.unlocked);
  const [from, to] = [report.first_day, report.last_day];
  return (
    <section className="card stack" aria-labelledby={id}>
      <div className="row">
        <h2 id={id}>{t.locked(f.date(from), f.date(to), f.date(report.handed_in_on), report.handed_in_name)}</h2>
        <StatusPill kind={report.changed ? 'warning' : 'ok'} word={report.changed ? t.changed : t.states.locked} />
      </div>
      {!isSame ? (
        <>
          <p>{t.lockedOther}</p>
          <p><Link href={addressOf(org.slug, { form, span: { from, to }, only: null })}>{t.toIt}</Link></p>
        </>
      ) : (
        <>
          <p>{t.lockedSame}</p>
          {report.reference !== null && <p>{t.columns.reference}: {printable(report.reference)}</p>}
          {report.changed ? <ChangedRecords report={report.id} form={form} /> : <p>{t.unchanged}</p>}
          <Content report={report} form={form} />
          <KeptFiles report={report} />
          <div className="row start">
            <ActionButton off={off} onClick={() => setAsking(true)}>{t.unlock}</ActionButton>
            {off && <span className="muted">{off}</span>}
          </div>
        </>
      )}
      {asking && (
        <ReasonDialog
          title={t.unlockTitle} body={t.unlockBody} pending={pending} onClose={() => setAsking(false)}
          choices={[{ word: t.unlockNow, act: (reason) => run({ org: org.id, report: report.id, reason }) }]}
        />
      )}
    </section>
  );
}
