import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { setCredential } from '../../lib/actions.ts';
import { useFixT } from '../../lib/fix-words.ts';
import { useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useOff } from '../../lib/use-off.ts';

/** Asks for a new credential part by part, by the names of the one it replaces. What is typed leaves this page and never comes back. */
function CredentialDialog({ integration, onClose }: { integration: IntegrationRow; onClose: () => void }) {
  const t = useFixT();
  const id = useId();
  const { org } = useOrg();
  const [problem, setProblem] = useState<string | null>(null);
  const credential = useAction(setCredential, () => t.integration.credentialSet);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const typed = (name: string): string => {
      const value = form.get(name);
      return typeof value === 'string' ? value.trim() : '';
    };
    const parts = Object.fromEntries(integration.credential_keys.map((name) => [name, typed(`part:${name}`)]));
    if (Object.values(parts).some((part) => part === '')) return setProblem(t.integration.credentialMissing);
    const day = typed('expires');
    const order = { org: org.id, integration: integration.integration_id, credential: parts, expiresAt: day ? `${day}T00:00:00Z` : null };
    if (await credential.run(order)) onClose();
  };
  return (
    <Dialog title={t.integration.credentialTitle(integration.name)} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <p>{t.integration.credentialBody}</p>
        {integration.credential_keys.map((name, index) => (
          <div className="form" key={name}>
            <label htmlFor={`${id}-${index}`}><code>{name}</code></label>
            <input id={`${id}-${index}`} name={`part:${name}`} type="password" autoComplete="off" spellCheck={false} aria-describedby={`${id}-problem`} />
          </div>
        ))}
        <div className="form">
          <label htmlFor={`${id}-expires`}>{t.integration.credentialExpires}</label>
          <input id={`${id}-expires`} name="expires" type="date" />
        </div>
        <p className="form-problem" id={`${id}-problem`} role="alert">{problem}</p>
        <div className="row end">
          <button type="button" onClick={onClose}>{t.app.cancel}</button>
          <button type="submit" className="primary" disabled={credential.pending}>{t.integration.credentialDo}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Replaces a credential the system refuses. A first one is set by whoever connects the integration, who knows its parts. */
export function CredentialButton({ integration }: { integration: IntegrationRow }) {
  const t = useFixT();
  const off = useOff();
  const [asking, setAsking] = useState(false);
  if (integration.credential_keys.length === 0) return null;
  return (
    <>
      <ActionButton off={off} onClick={() => setAsking(true)}>{t.integration.credential}</ActionButton>
      {asking && <CredentialDialog integration={integration} onClose={() => setAsking(false)} />}
    </>
  );
}
