import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { Link } from 'wouter';
import { ActionButton } from '../../components/action-button.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { explain } from '../../lib/finding.ts';
import { useFormat, useT } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { acknowledgeIncident, snoozeIncident } from '../../lib/manage-actions.ts';
import { incidentsQuery } from '../../lib/manage-queries.ts';
import type { Incident } from '../../lib/manage-rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { useNow } from '../../lib/now.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import { useOff } from '../../lib/use-off.ts';
import { AssignDialog, SnoozeDialog } from './incident-dialogs.tsx';

function Actions({ incident, name }: { incident: Incident; name: string }) {
  const words = useManageWords().notifications;
  const off = useOff();
  const { org } = useOrg();
  const [asking, setAsking] = useState<'assign' | 'snooze' | null>(null);
  const acknowledge = useAction(acknowledgeIncident, (_, { acknowledged }) => (acknowledged ? words.saidAcknowledged : words.saidWithdrawn));
  const wake = useAction(snoozeIncident, () => words.saidUnsnoozed);
  const order = { org: org.id, incident: incident.id };
  const seen = Boolean(incident.acknowledged_at);
  const end = (): void => void wake.run({ ...order, minutes: null });
  const labelled = (word: string) => ({ 'aria-label': `${word} ${name}`, children: word });
  return (
    <div className="row start">
      <ActionButton
        off={off} pending={acknowledge.pending} {...labelled(seen ? words.withdraw : words.acknowledge)}
        onClick={() => void acknowledge.run({ ...order, acknowledged: !seen })}
      />
      <ActionButton off={off} {...labelled(words.assign)} onClick={() => setAsking('assign')} />
      {incident.snoozed_until
        ? <ActionButton off={off} pending={wake.pending} {...labelled(words.unsnooze)} onClick={end} />
        : <ActionButton off={off} {...labelled(words.snooze)} onClick={() => setAsking('snooze')} />}
      {asking === 'assign' && <AssignDialog incident={incident} onClose={() => setAsking(null)} />}
      {asking === 'snooze' && <SnoozeDialog incident={incident} onClose={() => setAsking(null)} />}
    </div>
  );
}

function IncidentItem({ incident }: { incident: Incident }) {
  const t = useT();
  const f = useFormat();
  const words = useManageWords().notifications;
  const now = useNow(60_000);
  const { org } = useOrg();
  const { what } = explain({ rule: incident.alarm, severity: '', evidence: incident.evidence }, t, f);
  const slug = incident.integration_slug ?? '';
  const name = incident.integration_name ?? '';
  const href = incident.alarm === 'cause_refused' ? paths.cause(org.slug, slug, incident.subject) : paths.integration(org.slug, slug);
  const grave = incident.urgency === 'critical' || incident.urgency === 'high';
  const { acknowledged_at: acknowledgedAt, snoozed_until: snoozedUntil } = incident;
  return (
    <li className="card stack" id={`incident-${incident.id}`}>
      <div className="row">
        <h3><Link href={href}>{name}</Link>: {what}</h3>
        <StatusPill kind={grave ? 'error' : 'warning'} word={words.severity[incident.urgency] ?? incident.urgency} />
      </div>
      <p className="muted">
        {words.since} <Time iso={incident.opened_at} as="both" />
        {incident.state === 'recovering' && ` · ${words.recovering}`}
      </p>
      <ul className="plain">
        <li>{acknowledgedAt ? words.acknowledged(incident.acknowledged_by_name ?? '?', f.when(acknowledgedAt, now)) : words.unacknowledged}</li>
        <li>{incident.assigned_to_name ? words.assigned(incident.assigned_to_name) : words.unassigned}</li>
        {snoozedUntil && <li>{words.snoozed(f.when(snoozedUntil, now), incident.snoozed_by_name ?? '?', printable(incident.snooze_reason ?? ''))}</li>}
      </ul>
      <Actions incident={incident} name={`${name}: ${what}`} />
    </li>
  );
}

/** What is not over: whose it is, who has seen it, and until when nobody is told of it. */
export function Incidents() {
  const words = useManageWords().notifications;
  const client = useClient();
  const id = useId();
  const { org, active } = useOrg();
  const query = useQuery({ ...incidentsQuery(client, org.id), ...usePolling(active) });
  return (
    <section className="stack" aria-labelledby={id}>
      <h2 id={id}>{words.incidents}</h2>
      <Loaded query={query}>
        {(incidents) => (incidents.length === 0 ? <p className="card">{words.noIncidents}</p>
          : <ul className="plain stack">{incidents.map((incident) => <IncidentItem key={incident.id} incident={incident} />)}</ul>)}
      </Loaded>
    </section>
  );
}
