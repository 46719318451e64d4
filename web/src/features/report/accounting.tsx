import { useId, useState } from 'react';
import { Link } from 'wouter';
import { ActionButton } from '../../components/action-button.tsx';
import { DataTable } from '../../components/data-table.tsx';
import type { Column } from '../../components/data-table.tsx';
import { StatusIcon } from '../../components/icons.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { useFormat, useI18n } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import { useOff } from '../../lib/use-off.ts';
import { ExcludedRecords } from './excluded-records.tsx';
import { isOver } from './period.ts';
import type { Period } from './period.ts';
import { KINDS } from './queries.ts';
import type { Completeness, Kind } from './queries.ts';
import { SignDialog } from './sign-dialog.tsx';
import { reportWords } from './words.ts';

type AccountProps = { row: Completeness; name: string; period: Period; today: string };

/** Where the records of the period are, by count and by amount: what is in the source, and what it is made of. */
function Figures({ row, name }: { row: Completeness; name: string }) {
  const t = reportWords[useI18n().locale];
  const f = useFormat();
  type Line = Kind | 'in_source';
  const columns: Column<Line>[] = [
    { key: 'kind', head: t.kind, names: true, cell: (kind) => t.kinds[kind] },
    { key: 'records', head: t.records, label: t.records, numeric: true, cell: (kind) => f.number(row.counts[kind]) },
    ...row.lines.map((line): Column<Line> => ({
      key: line.currency, head: t.amount(line.currency), label: t.amount(line.currency), numeric: true, cell: (kind) => f.amount(line[kind] ?? '0', line.currency),
    })),
  ];
  return (
    <DataTable
      caption={t.completenessCaption(name)} columns={columns} rows={['in_source', ...KINDS] as const} keyOf={(kind) => kind}
      classOf={(kind) => (kind === 'in_source' ? 'total' : undefined)}
    />
  );
}

function Signature({ row, name, period, today }: AccountProps) {
  const t = reportWords[useI18n().locale];
  const f = useFormat();
  const viewer = useOff();
  const [open, setOpen] = useState(false);
  const { signature } = row;
  const off = viewer ?? (!isOver(period, today) ? t.notOver : row.counts.waiting > 0 ? t.moving : null);
  return (
    <div className="stack">
      {signature && (
        <p className={signature.current ? 'strong' : undefined}>
          {t.signature(signature.name, f.dateTime(signature.at))}{signature.note && <> “{signature.note}”</>}
        </p>
      )}
      {signature && !signature.current && <p className="strong"><StatusIcon kind="warning" /> {t.outdated}</p>}
      {!signature?.current && (
        <div className="row start">
          <ActionButton off={off} onClick={() => setOpen(true)}>{t.sign}</ActionButton>
          {off && <span className="muted">{off}</span>}
        </div>
      )}
      {open && <SignDialog row={row} name={name} period={period} onClose={() => setOpen(false)} />}
    </div>
  );
}

function Account(props: AccountProps) {
  const t = reportWords[useI18n().locale];
  const { org, overview } = useOrg();
  const id = useId();
  const { row, name, period } = props;
  const { in_source: all, exported, excluded } = row.counts;
  const slug = overview.data?.find(({ integration_id }) => integration_id === row.integration_id)?.slug;
  const missing = all - exported - excluded;
  return (
    <article className="account" aria-labelledby={id}>
      <div className="row">
        <h3 id={id}>{slug ? <Link href={paths.integration(org.slug, slug)}>{name}</Link> : name}</h3>
        {all > 0 && <StatusPill kind={missing > 0 ? 'error' : 'ok'} word={missing > 0 ? t.missing(missing) : t.complete} />}
      </div>
      {all === 0 ? <p className="muted">{t.nothing}</p> : (
        <>
          <Figures row={row} name={name} />
          {excluded > 0 && <ExcludedRecords integration={row.integration_id} slug={slug} period={period} count={excluded} />}
          <Signature {...props} />
        </>
      )}
    </article>
  );
}

/** Whether everything of the period is accounted for, integration by integration. */
export function Accounting({ rows, period, today }: { rows: readonly Completeness[]; period: Period; today: string }) {
  const { overview } = useOrg();
  const nameOf = (id: string): string => overview.data?.find(({ integration_id }) => integration_id === id)?.name ?? id;
  return (
    <div className="accounts">
      {rows.map((row) => <Account key={row.integration_id} row={row} name={nameOf(row.integration_id)} period={period} today={today} />)}
    </div>
  );
}
