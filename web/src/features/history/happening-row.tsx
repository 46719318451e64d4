import type { ReactNode } from 'react';
import { Link, useSearchParams } from 'wouter';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { explain } from '../../lib/finding.ts';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { useManageWords } from '../../lib/manage-words.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import { runStatus } from '../../lib/status.ts';
import type { StatusKind } from '../../lib/status.ts';
import { FieldList } from '../audit/field-list.tsx';
import { changedAddress } from './address.ts';
import { wayOf } from './bar-text.ts';
import type { Way } from './bar-text.ts';
import type { ChangeDetail, Happening, IncidentDetail, RunDetail, RunsDetail, WindowDetail } from './queries.ts';
import { useHistoryWords } from './use-words.ts';

const MINUTE = 60_000;

function Cell({ label, children, num = false }: { label: string; children: ReactNode; num?: boolean }) {
  return <td role="cell" data-label={label} className={num ? 'num' : undefined}>{children}</td>;
}

function RunCells({ run, way }: { run: RunDetail; way: Way }) {
  const t = useFixT();
  const words = useHistoryWords();
  const f = useFormat();
  const h = t.history;
  const c = h.columns;
  const trigger = h.triggers[run.trigger] ?? run.trigger;
  // What is fetched and known already was not left out: it is the same.
  const other = way === 'pull' && run.skipped > 0 ? words.known(f.number(run.skipped)) : h.other(run.retrying, run.skipped, run.uncertain, run.accepted);
  return (
    <>
      <Cell label={c.status}><StatusPill kind={runStatus(run.status)} word={t.ticks.statuses[run.status] ?? run.status} /></Cell>
      <Cell label={c.duration} num>{run.duration_ms == null ? '–' : f.duration(run.duration_ms)}</Cell>
      <Cell label={words.read[way]} num>{f.number(run.selected)}</Cell>
      <Cell label={words.key.sent[way]} num>{f.number(run.exported)}</Cell>
      <Cell label={words.key.failed} num>{f.number(run.failed)}</Cell>
      <Cell label={c.other}>{other}</Cell>
      <Cell label={c.trigger}>{run.requested_by_name ? `${printable(run.requested_by_name)} (${trigger})` : trigger}</Cell>
    </>
  );
}

function FoldedCells({ of, way }: { of: RunsDetail; way: Way }) {
  const t = useFixT();
  const words = useHistoryWords();
  const f = useFormat();
  const c = t.history.columns;
  return (
    <>
      <Cell label={c.status}><StatusPill kind="ok" /></Cell>
      <Cell label={c.duration} num>{of.longest_ms == null ? '–' : `≤ ${f.duration(of.longest_ms)}`}</Cell>
      <Cell label={words.read[way]} num>{f.number(of.selected)}</Cell>
      <Cell label={words.key.sent[way]} num>{f.number(of.exported)}</Cell>
      <Cell label={words.key.failed} num>{f.number(0)}</Cell>
      <Cell label={c.other}>–</Cell>
      <Cell label={c.trigger}>{t.history.triggers['schedule']}</Cell>
    </>
  );
}

function Across({ columns, kind, word, children }: { columns: number; kind: StatusKind; word: string; children: ReactNode }) {
  return (
    <td role="cell" colSpan={columns}>
      <div className="event"><StatusPill kind={kind} word={word} /> <div className="event-text">{children}</div></div>
    </td>
  );
}

function ChangeCell({ of, columns }: { of: ChangeDetail; columns: number }) {
  const words = useHistoryWords();
  const audit = useManageWords().audit;
  const what = audit.actions[of.action] ?? of.action;
  return (
    <Across columns={columns} kind="waiting" word={words.changed}>
      <p><strong>{of.actor_id ? printable(of.actor) : `${audit.system} (${printable(of.actor)})`}</strong> {what}</p>
      {of.before && <FieldList entry={of} label={audit.changes(what)} />}
      {of.reason && <p className="quote">{audit.reason(printable(of.reason))}</p>}
    </Across>
  );
}

function WindowCell({ of, columns }: { of: WindowDetail; columns: number }) {
  const words = useHistoryWords();
  const f = useFormat();
  return (
    <Across columns={columns} kind="maintenance" word={words.maintenance}>
      <p>{words.windowSpan(f.dateTime(of.ends_at), printable(of.reason))} {of.is_for_all && words.forAll}</p>
    </Across>
  );
}

function IncidentCell({ of, recovered, columns }: { of: IncidentDetail; recovered: boolean; columns: number }) {
  const words = useHistoryWords();
  const t = useFixT();
  const f = useFormat();
  const { what } = explain({ rule: of.alarm, subject: of.subject, severity: 'red', since: null, evidence: null }, t, f);
  const lasted = of.resolved_at ? f.duration(Date.parse(of.resolved_at) - Date.parse(of.opened_at)) : '';
  return (
    <Across columns={columns} kind={recovered ? 'ok' : 'error'} word={recovered ? words.recovered : words.opened}>
      <p>{recovered ? words.recoveredAfter(lasted, what) : what}</p>
      {of.message && <p className="quote">{printable(of.message)}</p>}
    </Across>
  );
}

/** The moment a row is about, as the way to its own page: a run, an entry of the audit trail, a window, an incident; or to what was folded. */
function useWay(row: Happening, integration: IntegrationRow): ReactNode {
  const t = useFixT();
  const f = useFormat();
  const words = useHistoryWords();
  const { org } = useOrg();
  const [search] = useSearchParams();
  const { happened_at: at, first_at: first, key } = row;
  const wall = (ms: number): string => f.sortable(new Date(ms).toISOString()).slice(0, 16).replace(' ', 'T');
  const here = paths.integration(org.slug, integration.slug);
  const around = { from: wall(Date.parse(first)), to: wall(Date.parse(at) + MINUTE) };
  switch (row.kind) {
    case 'run': return (
      <Link href={paths.run(org.slug, integration.slug, row.detail.id)}>
        <Time iso={at} />{!row.detail.has_started && row.detail.status === 'failed' && ` · ${words.neverStarted}`}
        {!row.detail.has_started && row.detail.status !== 'failed' && ` · ${t.ticks.statuses[row.detail.status] ?? row.detail.status}`}
      </Link>
    );
    case 'runs': return (
      <span>
        <time dateTime={first}>{f.dateTime(first)}</time> – <time dateTime={at}>{f.when(at, Date.parse(first))}</time><br />
        <Link
          href={`${here}?${changedAddress(search, { range: around, folded: false })}`}
          aria-label={words.unfoldThese(row.detail.runs, words.span(f.dateTime(first), f.dateTime(at)))}
        >
          {words.folded(row.detail.runs)}
        </Link>
      </span>
    );
    case 'change': return <Link href={`${paths.audit(org.slug)}?entry=${row.detail.id}`}><Time iso={at} /></Link>;
    case 'maintenance': return <Link href={`${paths.maintenance(org.slug)}#window-${row.detail.id}`}><Time iso={at} /></Link>;
    case 'opened': case 'recovered': return (
      <Link
        href={row.detail.state === 'resolved' ? `${here}?${changedAddress(search, { range: around, kind: 'incidents' })}#${key}`
          : `${paths.notifications(org.slug)}#incident-${row.detail.id}`}
      >
        <Time iso={at} />
      </Link>
    );
  }
}

function cellsOf(row: Happening, columns: number, way: Way): ReactNode {
  switch (row.kind) {
    case 'run': return <RunCells run={row.detail} way={way} />;
    case 'runs': return <FoldedCells of={row.detail} way={way} />;
    case 'change': return <ChangeCell of={row.detail} columns={columns} />;
    case 'maintenance': return <WindowCell of={row.detail} columns={columns} />;
    case 'opened': case 'recovered': return <IncidentCell of={row.detail} recovered={row.kind === 'recovered'} columns={columns} />;
  }
}

/** One row of the line of time. */
export function HappeningRow({ row, integration, columns }: { row: Happening; integration: IntegrationRow; columns: number }) {
  const t = useFixT();
  return (
    <tr role="row" id={row.key}>
      <th scope="row" role="rowheader" data-label={t.history.columns.started}>{useWay(row, integration)}</th>
      {cellsOf(row, columns, wayOf(integration))}
    </tr>
  );
}
