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
  const pastId = useId();
  const { org, active } = useOrg();
  const [asking, setAsking] = useState<'plan' | 'now' | null>(null);
  const query = useQuery({ ...maintenanceQuery(client, org.id), ...usePolling(active) });
  const buttons = (
    <div className="row">
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
                : <ul className="plain stack">{open.map((one) => <WindowItem key={one.id} window={one} />)}</ul>}
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
