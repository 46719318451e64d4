import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import type { FormEvent, RefObject } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { CredentialButton } from '../integration/credential-button.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFormat, useT } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { updateIntegration } from '../../lib/manage-actions.ts';
import { configurationQuery } from '../../lib/manage-queries.ts';
import type { Configuration } from '../../lib/manage-rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { useNow } from '../../lib/now.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import { unsayAll } from '../../lib/toasts.ts';
import { useOff } from '../../lib/use-off.ts';
import { Conflict } from './conflict.tsx';
import { CursorSection } from './cursor-section.tsx';
import { changesOf, draftOf, problemsOf, rebase } from './draft.ts';
import type { Draft } from './draft.ts';
import { LimitsSection, SettingsSection } from './limits-section.tsx';
import { PowerSection } from './power-section.tsx';
import { ScheduleSection } from './schedule-section.tsx';

function CredentialSection({ saved, integration }: { saved: Configuration; integration: IntegrationRow }) {
  const f = useFormat();
  const words = useManageWords().configuration;
  const id = useId();
  const now = useNow(60_000);
  const { credential_set_at: setAt, credential_expires_at: expiresAt } = saved;
  return (
    <section className="card stack" aria-labelledby={id}>
      <div className="row">
        <h2 id={id}>{words.credential}</h2>
        <CredentialButton integration={integration} />
      </div>
      <p>{setAt ? words.credentialSet(f.when(setAt, now), saved.credential_set_by ?? '') : words.credentialNone}</p>
      {setAt && <p>{expiresAt ? words.credentialExpires(f.dateTime(expiresAt)) : words.credentialEndless}</p>}
    </section>
  );
}

/** Asks before the page is left with something unsaved. */
function useLeaveGuard(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [dirty]);
}

/** Ctrl+S, or ⌘S, saves the form instead of the page. */
function useSaveKey(form: RefObject<HTMLFormElement | null>): void {
  useEffect(() => {
    const save = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      if (!event.repeat) form.current?.requestSubmit();
    };
    window.addEventListener('keydown', save);
    return () => window.removeEventListener('keydown', save);
  }, [form]);
}

function Form({ latest, integration }: { latest: Configuration; integration: IntegrationRow }) {
  const f = useFormat();
  const words = useManageWords().configuration;
  const off = useOff();
  const now = useNow(60_000);
  const { org } = useOrg();
  const form = useRef<HTMLFormElement>(null);
  const [base, setBase] = useState(latest);
  const [draft, setDraft] = useState(() => draftOf(latest));
  // How often saving was tried with something wrong: from the first time on the fields say what.
  const [tries, setTries] = useState(0);
  // The version this person saved, until it is read.
  const [own, setOwn] = useState<string | null>(null);
  const save = useAction(async (client, order: Parameters<typeof updateIntegration>[1]) => {
    const answer = await updateIntegration(client, order);
    setOwn(answer.updated_at);
    return answer;
  }, (answer) => (answer.credential_forgotten ? words.savedForgotten : words.saved));
  const changes = changesOf(base, draft);
  const problems = problemsOf(base, draft, words);
  // What does not fit is no change yet, and not saved either.
  const dirty = own === null && (Object.keys(changes).length > 0 || Object.keys(problems).length > 0);
  const moved = latest.updated_at !== base.updated_at;
  useLeaveGuard(dirty);
  useSaveKey(form);
  useEffect(() => {
    if (tries > 0) form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus();
  }, [tries]);
  // Nothing typed that is not saved: what is saved is simply shown.
  if (moved && !dirty) {
    setBase(latest);
    setDraft(draftOf(latest));
    setOwn(null);
  }
  const start = (from: Configuration, next: Draft): void => {
    setBase(from);
    setDraft(next);
    setTries(0);
    unsayAll();
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (Object.keys(problems).length > 0) return setTries((before) => before + 1);
    if (off || !dirty || moved || save.pending) return;
    const order = { org: org.id, integration: base.integration_id, expected: base.updated_at, changes };
    await save.run(order);
  };
  const change = (changed: Partial<Draft>): void => setDraft((before) => ({ ...before, ...changed }));
  const part = { saved: base, draft, change, problems: tries > 0 ? problems : {}, off };
  return (
    <form ref={form} className="stack" noValidate onSubmit={(event) => void submit(event)}>
      <ScheduleSection {...part} enabled={integration.enabled} />
      <LimitsSection {...part} />
      <SettingsSection {...part} />
      <div className={dirty ? 'stack save-bar-dirty' : 'stack'}>
        {moved && dirty && (
          <Conflict
            base={base} now={latest} changes={changesOf(latest, rebase(draft, base, latest))} takeTheirs={() => start(latest, draftOf(latest))}
            keepMine={() => start(latest, rebase(draft, base, latest))}
          />
        )}
        <div className="card row start">
          <div className="row">
            <ActionButton type="submit" primary off={off ?? (dirty ? null : words.clean)} pending={save.pending}>{words.save}</ActionButton>
            <ActionButton off={dirty ? null : words.clean} onClick={() => start(latest, draftOf(latest))}>{words.undo}</ActionButton>
          </div>
          <p role="status">{dirty ? words.dirty : words.clean}{' '}
            <span className="muted">{latest.changed_by && words.lastChange(latest.changed_by, f.when(latest.updated_at, now))}</span>
          </p>
        </div>
      </div>
    </form>
  );
}

/** How an integration is set up, and everything about that which a person may change. */
export function ConfigurationPage({ integration }: { integration: IntegrationRow }) {
  const t = useT();
  const words = useManageWords().configuration;
  const client = useClient();
  const { org, active } = useOrg();
  const query = useQuery({ ...configurationQuery(client, org.id, integration.integration_id), ...usePolling(active) });
  const crumbs = [
    [paths.overview(org.slug), t.app.overview],
    [paths.integration(org.slug, integration.slug), integration.name],
  ] as const;
  return (
    <Page title={words.titleOf(integration.name)} crumbs={crumbs}>
      <p className="muted">{words.what}</p>
      <PowerSection integration={integration} />
      <CursorSection integration={integration} />
      <Loaded query={query}>
        {(saved) => saved && (
          <>
            <CredentialSection saved={saved} integration={integration} />
            <Form latest={saved} integration={integration} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
