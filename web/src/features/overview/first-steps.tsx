import { Link } from 'wouter';
import { StatusIcon } from '../../components/icons.tsx';
import { hideSteps } from '../../lib/first-steps.ts';
import type { FirstStep } from '../../lib/first-steps.ts';
import { useI18n } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';

const nb = {
  title: 'Kom i gang',
  hide: 'Skjul',
  done: 'gjort',
  due: 'gjenstår',
  connect: ['Koble til et system', 'Legg inn nøkkelen fra systemet postene skal til.', 'Åpne oppsettet'],
  run: ['Se den første kjøringen lykkes', 'Den kommer etter planen, eller når du trykker Synkroniser nå.', 'Åpne integrasjonen'],
  tell: ['Velg hvem som varsles', 'Minst én eier eller administrator må kunne nås på e-post.', 'Åpne varselinnstillinger'],
};

const en: typeof nb = {
  title: 'Getting started',
  hide: 'Hide',
  done: 'done',
  due: 'to do',
  connect: ['Connect a system', 'Enter the credential of the system the records go to.', 'Open the configuration'],
  run: ['See the first sync succeed', 'It comes by schedule, or when you press Sync now.', 'Open the integration'],
  tell: ['Choose who is told', 'At least one owner or admin has to be within reach of e-mail.', 'Open notification settings'],
};

/** The way to a page one can rely on, until it is gone, or put away; the account menu brings it back. */
export function FirstSteps({ steps, rows }: { steps: readonly FirstStep[]; rows: readonly IntegrationRow[] }) {
  const { locale } = useI18n();
  const words = locale === 'nb' ? nb : en;
  const { org } = useOrg();
  const waiting = rows.find(({ credential_keys: keys }) => keys.length === 0) ?? rows[0];
  const links: Record<FirstStep['step'], string | null> = {
    connect: waiting ? paths.configuration(org.slug, waiting.slug) : null,
    run: rows[0] ? paths.integration(org.slug, rows[0].slug) : null,
    tell: paths.notificationSettings(org.slug),
  };
  return (
    <section className="card stack" aria-labelledby="first-steps">
      <div className="row">
        <h2 id="first-steps">{words.title}</h2>
        <button type="button" className="quiet" onClick={() => hideSteps(true)}>{words.hide}</button>
      </div>
      <ol className="plain stack">
        {steps.map(({ step, done }) => {
          const [title, what, open] = words[step];
          const link = links[step];
          return (
            <li key={step}>
              <p><StatusIcon kind={done ? 'ok' : 'waiting'} /> <strong>{title}</strong> <span className="muted">({done ? words.done : words.due})</span></p>
              {!done && <p>{what} {link && <Link href={link}>{open}</Link>}</p>}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
