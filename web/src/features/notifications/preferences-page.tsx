import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { NobodyTold } from '../members/nobody-told.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFormat, useT } from '../../lib/i18n.tsx';
import { sendTest, setNotification } from '../../lib/manage-actions.ts';
import { deliveryQuery, membersQuery, settingsQuery } from '../../lib/manage-queries.ts';
import type { NotificationSetting } from '../../lib/manage-rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { useNow } from '../../lib/now.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import { say } from '../../lib/toasts.ts';

const EVENTS = ['opened', 'raised', 'recovered', 'reminded', 'asked', 'decided'] as const;
const CHANNELS = ['in_app', 'email'] as const;
type Event = (typeof EVENTS)[number];
type Channel = (typeof CHANNELS)[number];

/** Why nothing can be chosen here; null when it can. Viewers are told nothing, so for them there is nothing to choose. */
function useUntold(): string | null {
  const words = useManageWords().preferences;
  return useOrg().mayAct ? null : words.viewer;
}

function Choice({ event, channel, enabled }: { event: Event; channel: Channel; enabled: boolean }) {
  const words = useManageWords().preferences;
  const untold = useUntold();
  const { org } = useOrg();
  const names = [words.events[event], words.channels[channel]] as const;
  const set = useAction(setNotification, (_, order) => (order.enabled ? words.on(...names) : words.off(...names)));
  return (
    <input
      type="checkbox" checked={enabled} aria-label={words.choice(...names)} title={untold ?? undefined}
      aria-disabled={untold !== null || set.pending || undefined}
      onChange={(changed) => {
        if (untold) return say({ tone: 'why', text: untold });
        void set.run({ org: org.id, event, channel, enabled: changed.currentTarget.checked });
      }}
    />
  );
}

function Matrix({ settings }: { settings: readonly NotificationSetting[] }) {
  const words = useManageWords().preferences;
  const untold = useUntold();
  const isOn = (event: string, channel: string): boolean => untold === null
    && (settings.find((one) => one.event === event && one.channel === channel)?.enabled ?? true);
  return (
    <table className="matrix">
      <caption>{words.table}</caption>
      <thead>
        <tr>
          <th scope="col">{words.event}</th>
          {CHANNELS.map((channel) => <th key={channel} scope="col">{words.channels[channel]}</th>)}
        </tr>
      </thead>
      <tbody>
        {EVENTS.map((event) => (
          <tr key={event}>
            <th scope="row">{words.events[event]}</th>
            {CHANNELS.map((channel) => <td key={channel}><Choice event={event} channel={channel} enabled={isOn(event, channel)} /></td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What became of the last test by e-mail, looked at until that is known. */
function Outcome({ delivery }: { delivery: string }) {
  const f = useFormat();
  const words = useManageWords().preferences;
  const client = useClient();
  const now = useNow(60_000);
  const { org } = useOrg();
  const query = useQuery({
    ...deliveryQuery(client, org.id, delivery),
    refetchInterval: ({ state }) => (['pending', 'sending'].includes(state.data?.state ?? 'pending') ? 2_000 : false),
  });
  if (!query.data) return null;
  const { state, sent_at: sentAt, error } = query.data;
  return <>{words.outcome(words.states[state] ?? state, sentAt ? f.when(sentAt, now) : '')} {error && <span lang="en">{error}</span>}</>;
}

function Tests() {
  const words = useManageWords().preferences;
  const untold = useUntold();
  const id = useId();
  const { org } = useOrg();
  const [sent, setSent] = useState<string | null>(null);
  const test = useAction(async (client, order: { org: string; channel: string }) => {
    const { delivery_id: delivery } = await sendTest(client, order);
    setSent(delivery ?? null);
  }, (_, { channel }) => (channel === 'email' ? words.queued : words.inAppSent));
  return (
    <section className="card stack" aria-labelledby={id}>
      <h2 id={id}>{words.tests}</h2>
      <p>{words.testsBody}</p>
      <div className="row start">
        {CHANNELS.map((channel) => (
          <ActionButton key={channel} off={untold} pending={test.pending} onClick={() => void test.run({ org: org.id, channel })}>
            {words.sendTestBy(words.channels[channel])}
          </ActionButton>
        ))}
      </div>
      <p role="status">{sent && <Outcome delivery={sent} />}</p>
    </section>
  );
}

/** What this member wants to be told of by which channel, whether it arrives, and who else would be told. */
export function PreferencesPage() {
  const t = useT();
  const words = useManageWords().preferences;
  const client = useClient();
  const whoId = useId();
  const untold = useUntold();
  const { org } = useOrg();
  const settings = useQuery(settingsQuery(client, org.id));
  const members = useQuery(membersQuery(client, org.id));
  const names = members.data?.filter(({ told }) => told).map(({ name, email }) => name || email || '?').join(', ');
  return (
    <Page title={words.title} crumbs={[[paths.notifications(org.slug), t.app.notifications]]}>
      <p className="muted">{words.what}</p>
      {untold && <p className="note">{untold}</p>}
      {members.data && <NobodyTold members={members.data} />}
      <Loaded query={settings}>{(rows) => <section className="card"><Matrix settings={rows} /></section>}</Loaded>
      <Tests />
      {names && (
        <section className="card stack" aria-labelledby={whoId}>
          <h2 id={whoId}>{words.who}</h2>
          <p>{words.told(names)}</p>
        </section>
      )}
    </Page>
  );
}
