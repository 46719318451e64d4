import { useId } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Facts } from '../../components/facts.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { VendorText } from '../../components/vendor-text.tsx';
import { useT } from '../../lib/i18n.tsx';
import { useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import { systemName } from '../../lib/system-name.ts';
import { useAction } from '../../lib/use-action.ts';
import { useOff } from '../../lib/use-off.ts';
import { checkNow } from './queries.ts';
import { useFetchingWords } from './use-words.ts';

/** What the last look found: who we are there, what will not last, or what is wrong. */
function Found({ integration }: { integration: IntegrationRow }) {
  const t = useT();
  const words = useFetchingWords();
  const { checked_at: at, checked_as: as, check_warnings: warnings, check_error: error, credential_set_at: set, credential_expires_at: expires } = integration;
  if (!at) return <p>{words.neverChecked}</p>;
  return (
    <>
      <p className="row start"><StatusPill kind={error ? 'error' : warnings.length > 0 ? 'warning' : 'ok'} word={error ? t.status.error : undefined} />
        <span>{error ? words.refused : words.works}</span></p>
      <Facts of={[
        [words.checkedAt, <Time key="at" iso={at} as="both" />],
        [words.checkedAs, !error && as && printable(as)],
        [words.set, set && <Time iso={set} as="both" />],
        [words.expires, expires ? <Time iso={expires} as="both" /> : set && words.endless],
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
  const id = useId();
  const { org } = useOrg();
  const forbidden = useOff();
  const check = useAction(checkNow, () => words.checkAsked);
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
        <Found integration={integration} />
      </div>
    </section>
  );
}
