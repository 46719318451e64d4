import { useState } from 'react';
import { Link } from 'wouter';
import { ActionButton } from '../../components/action-button.tsx';
import { ReasonDialog } from '../../components/reason-dialog.tsx';
import { setEnabled, syncNow } from '../../lib/actions.ts';
import { useFixT } from '../../lib/fix-words.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useOff } from '../../lib/use-off.ts';
import { CredentialButton } from './credential-button.tsx';

function Power({ integration }: { integration: IntegrationRow }) {
  const t = useFixT();
  const { org } = useOrg();
  const off = useOff();
  const [asking, setAsking] = useState(false);
  const power = useAction(setEnabled, (_, { enabled }) => (enabled ? t.integration.turnedOn : t.integration.turnedOff));
  const order = { org: org.id, integration: integration.integration_id };
  if (!integration.enabled) {
    return (
      <ActionButton
        off={off} pending={power.pending}
        onClick={() => void power.run({ ...order, enabled: true, reason: t.integration.turnOn })}
      >
        {t.integration.turnOn}
      </ActionButton>
    );
  }
  return (
    <>
      <ActionButton off={off} onClick={() => setAsking(true)}>{t.integration.turnOff}</ActionButton>
      {asking && (
        <ReasonDialog
          title={t.integration.turnOffTitle(integration.name)} body={t.integration.turnOffBody} pending={power.pending}
          onClose={() => setAsking(false)}
          choices={[{ word: t.integration.turnOffDo, act: (reason) => power.run({ ...order, enabled: false, reason }) }]}
        />
      )}
    </>
  );
}

/** Sync now, the credential, the switch, and the way to everything else that can be set. */
export function IntegrationActions({ integration }: { integration: IntegrationRow }) {
  const t = useFixT();
  const { org } = useOrg();
  const forbidden = useOff();
  const sync = useAction(syncNow, () => t.integration.synced);
  const busy = integration.active_run ? t.integration.syncBusy : null;
  const off = forbidden ?? (integration.enabled ? busy : t.integration.syncOff);
  return (
    <div className="row">
      <ActionButton
        off={off} pending={sync.pending}
        onClick={() => void sync.run({ org: org.id, integration: integration.integration_id })}
      >
        {t.integration.sync}
      </ActionButton>
      <CredentialButton integration={integration} />
      <Power integration={integration} />
      <Link href={paths.configuration(org.slug, integration.slug)}>{t.app.configuration}</Link>
    </div>
  );
}
