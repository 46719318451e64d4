import { useId, useState } from 'react';
import { ReasonDialog } from '../../components/reason-dialog.tsx';
import { setEnabled } from '../../lib/actions.ts';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { useManageWords } from '../../lib/manage-words.ts';
import { useNow } from '../../lib/now.ts';
import { useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import { say } from '../../lib/toasts.ts';
import { useAction } from '../../lib/use-action.ts';
import { useOff } from '../../lib/use-off.ts';

/** The switch, with what it means now and what turning it would do. Turning off asks; turning on does not. */
export function PowerSection({ integration }: { integration: IntegrationRow }) {
  const t = useFixT();
  const f = useFormat();
  const words = useManageWords().configuration;
  const id = useId();
  const now = useNow(60_000);
  const off = useOff();
  const { org } = useOrg();
  const [asking, setAsking] = useState(false);
  const power = useAction(setEnabled, (_, { enabled }) => (enabled ? t.integration.turnedOn : t.integration.turnedOff));
  const order = { org: org.id, integration: integration.integration_id };
  const { enabled } = integration;
  const waiting = integration.open_queued + integration.open_retrying;
  const next = integration.next_due_at && Date.parse(integration.next_due_at) > now ? f.when(integration.next_due_at, now) : '';
  const turn = (): void => {
    if (off) return say({ tone: 'why', text: off });
    if (enabled) return setAsking(true);
    void power.run({ ...order, enabled: true, reason: t.integration.turnOn });
  };
  return (
    <section className="card stack" aria-labelledby={id}>
      <div className="row">
        <h2 id={id}>{words.power}</h2>
        <button
          type="button" role="switch" aria-checked={enabled} aria-labelledby={id} aria-disabled={off !== null || power.pending || undefined}
          title={off ?? undefined} className="switch" onClick={turn}
        >
          <span className="switch-knob" aria-hidden="true" />
          <span aria-hidden="true">{enabled ? words.isOn : words.isOff}</span>
        </button>
      </div>
      <p>{enabled ? words.onMeans : words.offMeans} {waiting > 0 && words.waiting(waiting)}</p>
      {asking && (
        <ReasonDialog
          title={t.integration.turnOffTitle(integration.name)} body={words.turnOffBody(waiting, next)} pending={power.pending}
          onClose={() => setAsking(false)}
          choices={[{ word: t.integration.turnOffDo, act: (reason) => power.run({ ...order, enabled: false, reason }) }]}
        />
      )}
    </section>
  );
}
