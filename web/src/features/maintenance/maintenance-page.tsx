import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { Link } from 'wouter';
import { ActionButton } from '../../components/action-button.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { ReasonDialog } from '../../components/reason-dialog.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFormat } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { addMaintenance, endMaintenance } from '../../lib/manage-actions.ts';
import { maintenanceQuery } from '../../lib/manage-queries.ts';
import type { Maintenance } from '../../lib/manage-rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import type { StatusKind } from '../../lib/status.ts';
import { useOff } from '../../lib/use-off.ts';
import { PlanDialog } from './plan-dialog.tsx';

const LOOKS: Record<Maintenance['state'], StatusKind> = { running: 'maintenance', planned: 'waiting', past: 'off' };

function WindowItem({ window }: { window: Maintenance }) {
  const f = useFormat();
  const words = useManageWords().maintenance;
  const off = useOff();
  const { org } = useOrg();
  const end = useAction(endMaintenance, (outcome) => words.ended[outcome] ?? words.ended['ended'] ?? '');
  const scope = window.integration_name ?? words.all;
  const word = window.state === 'running' ? words.end : words.cancel;
  return (
    <li className="card stack" id={`window-${window.id}`}>
      <div className="row">
        <h3>
          {window.integration_slug ? <Link href={paths.integration(org.slug, window.integration_slug)}>{scope}</Link> : scope}
        </h3>
        <StatusPill kind={LOOKS[window.state]} word={words.states[window.state]} />
      </div>
      <p className="strong">{words.span(f.dateTime(window.starts_at), f.dateTime(window.ends_at))}</p>
      <p>{printable(window.reason)} <span className="muted">{window.created_by_name && words.by(window.created_by_name)}</span></p>
      {window.state === 'running' && <p>{window.held_alerts > 0 ? words.held(window.held_alerts) : words.heldNone}</p>}
      {window.cutoff_at && <p className="note">{words.cutoff(f.dateTime(window.cutoff_at))}</p>}
      {window.state !== 'past' && (
        <div className="row start">
          <ActionButton
            off={off} pending={end.pending} aria-label={words.endOf(word, scope)}
            onClick={() => void end.run({ org: org.id, maintenance_window: window.id })}
          >
            {word}
          </ActionButton>
        </div>
      )}
    </li>
  );
}

/** A window that comes back every week: what is left of it, told once. */
function SeriesItem({ windows }: { windows: readonly [Maintenance, ...Maintenance[]] }) {
  const f = useFormat();
  const words = useManageWords().maintenance;
  const off = useOff();
  const { org } = useOrg();
  const end = useAction(endMaintenance, (outcome) => words.ended[outcome] ?? '');
  const [next] = windows;
  const scope = next.integration_name ?? words.all;
  const cutoffs = windows.filter(({ cutoff_at: cutoff }) => cutoff).length;
  const act = (word: string, series: boolean) => (
    <ActionButton
      off={off} pending={end.pending} aria-label={words.endOf(word, scope)}
      onClick={() => void end.run({ org: org.id, maintenance_window: next.id, series })}
    >
      {word}
    </ActionButton>
  );
  return (
    <li className="card stack">
      <div className="row">
        <h3>{next.integration_slug ? <Link href={paths.integration(org.slug, next.integration_slug)}>{scope}</Link> : scope}</h3>
        <StatusPill kind="waiting" word={words.states.planned} />
      </div>
      <p>{words.series(windows.length, f.date(windows.at(-1)?.starts_at ?? next.starts_at))}</p>
      <ul>{windows.slice(0, 3).map((one) => <li key={one.id}>{words.span(f.dateTime(one.starts_at), f.dateTime(one.ends_at))}</li>)}</ul>
      <p>{printable(next.reason)} <span className="muted">{next.created_by_name && words.by(next.created_by_name)}</span></p>
      {cutoffs > 0 && <p className="note">{words.previewCutoffs(cutoffs)}</p>}
      <div className="row start">{act(words.skip, false)}{act(words.endSeries, true)}</div>
    </li>
  );
}

/** What is planned of each series goes together; everything else stands for itself. */
function grouped(windows: readonly Maintenance[]): (readonly [Maintenance, ...Maintenance[]])[] {
  const groups = Map.groupBy(windows, ({ id, series, state }) => (series && state === 'planned' ? series : id));
  return [...groups.values()].flatMap(([first, ...rest]) => (first ? [[first, ...rest] as const] : []));
}

function NowDialog({ onClose }: { onClose: () => void }) {
  const words = useManageWords().maintenance;
  const { org } = useOrg();
  const add = useAction(addMaintenance, () => words.added);
  return (
    <ReasonDialog
      title={words.nowTitle} body={`${words.nowBody} ${words.what}`} pending={add.pending} onClose={onClose}
      choices={Object.entries(words.forMinutes).map(([minutes, word]) => ({
        word, act: (reason: string) => add.run({ org: org.id, reason, minutes: Number(minutes) }),
      }))}
    />
  );
}

/** Planned work: what is under way and ahead, and what was. */
export function MaintenancePage() {
  const words = useManageWords().maintenance;
  const client = useClient();
  const off = useOff();
  const openId = useId();
  const pastId = useId();
  const { org, active } = useOrg();
  const [asking, setAsking] = useState<'plan' | 'now' | null>(null);
  const query = useQuery({ ...maintenanceQuery(client, org.id), ...usePolling(active) });
  const hour = useAction(addMaintenance, () => words.started);
  const buttons = (
    <div className="row">
      <ActionButton off={off} pending={hour.pending} onClick={() => void hour.run({ org: org.id, reason: words.hourReason, minutes: 60 })}>
        {words.hour}
      </ActionButton>
      <ActionButton off={off} onClick={() => setAsking('now')}>{words.now}</ActionButton>
      <ActionButton primary off={off} onClick={() => setAsking('plan')}>{words.add}</ActionButton>
    </div>
  );
  return (
    <Page title={words.title} aside={buttons}>
      <p className="muted">{words.what}</p>
      <Loaded query={query}>
        {(windows) => {
          const open = windows.filter(({ state }) => state !== 'past').toSorted((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at));
          const past = windows.filter(({ state }) => state === 'past');
          return (
            <>
              {open.length === 0 ? <p className="card">{words.none}</p>
                : (
                  <section className="stack" aria-labelledby={openId}>
                    <h2 id={openId}>{words.open}</h2>
                    <ul className="plain stack">
                      {grouped(open).map((group) => (group[0].series && group[0].state === 'planned'
                        ? <SeriesItem key={group[0].series} windows={group} /> : <WindowItem key={group[0].id} window={group[0]} />))}
                    </ul>
                  </section>
                )}
              {past.length > 0 && (
                <section className="stack" aria-labelledby={pastId}>
                  <h2 id={pastId}>{words.past}</h2>
                  <ul className="plain stack">{past.map((one) => <WindowItem key={one.id} window={one} />)}</ul>
                </section>
              )}
            </>
          );
        }}
      </Loaded>
      {asking === 'plan' && <PlanDialog onClose={() => setAsking(null)} />}
      {asking === 'now' && <NowDialog onClose={() => setAsking(null)} />}
    </Page>
  );
}
