import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Facts } from '../../components/facts.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { VendorText } from '../../components/vendor-text.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useT } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import { systemName } from '../../lib/system-name.ts';
import { useAction } from '../../lib/use-action.ts';
import { useOff } from '../../lib/use-off.ts';
import { checkedQuery, checkNow } from './queries.ts';
import type { Checked } from './queries.ts';
import { useFetchingWords } from './use-words.ts';

/** What the last look found: who we are there, what will not last, or what is wrong. */
function Found({ checked, integration }: { checked: Checked; integration: IntegrationRow }) {
  const t = useT();
  const words = useFetchingWords();
  const { checked_at: at, checked_as: as, check_warnings: warnings, check_error: error } = checked;
  if (!at) return <p>{words.neverChecked}</p>;
  return (
    <>
      <p className="row start"><StatusPill kind={error ? 'error' : warnings.length > 0 ? 'warning' : 'ok'} word={error ? t.status.error : undefined} />
        <span>{error ? words.refused : words.works}</span></p>
      <Facts of={[
        [words.checkedAt, <Time key="at" iso={at} as="both" />],
        [words.checkedAs, !error && as && printable(as)],
        [words.set, checked.credential_set_at && <Time iso={checked.credential_set_at} as="both" />],
        [words.expires, checked.credential_expires_at ? <Time iso={checked.credential_expires_at} as="both" /> : checked.credential_set_at && words.endless],
      ]} />
      {error && <VendorText label={words.saidBySystem(systemName(integration.system))} text={error} />}
      {!error && warnings.length > 0 && (
        <div>
          <p className="muted">{words.warnings}</p>
          <ul lang="en">{warnings.map((warning) => <li key={warning}>{printable(warning)}</li>)}</ul>
        </div>
      )}
    </>
  );
}

/** Whether address and credential work, as last looked at, and the button to look again. */
export function ConnectionSection({ integration }: { integration: IntegrationRow }) {
  const words = useFetchingWords();
  const client = useClient();
  const id = useId();
  const { org, active } = useOrg();
  const forbidden = useOff();
  const check = useAction(checkNow, () => words.checkAsked);
  const query = useQuery({ ...checkedQuery(client, org.id, integration.integration_id), ...usePolling(active) });
  const checking = integration.active_run?.trigger === 'check';
  return (
    <section className="card stack" aria-labelledby={id}>
      <div className="row">
        <h2 id={id}>{words.connection}</h2>
        <ActionButton
          off={forbidden ?? (integration.enabled ? null : words.checkOff)} pending={check.pending || checking}
          onClick={() => void check.run({ org: org.id, integration: integration.integration_id })}
        >
          {words.check}
        </ActionButton>
      </div>
      <div aria-live="polite" className="stack">
        {checking && <p className="running">{words.checking}</p>}
        <Loaded query={query}>{(checked) => (checked ? <Found checked={checked} integration={integration} /> : null)}</Loaded>
      </div>
    </section>
  );
}
