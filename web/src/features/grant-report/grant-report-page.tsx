import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { Link, useSearchParams } from 'wouter';
import { Loaded } from '../../components/loaded.tsx';
import { Page } from '../../components/page.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFormat, useI18n } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import { Builder } from './builder.tsx';
import { Choice } from './choice.tsx';
import { lockOf } from './form/lock.ts';
import { formKey, formOf } from './forms.ts';
import { chosenOf, spanOf } from './grant-period.ts';
import { History } from './history.tsx';
import { Locked } from './locked.tsx';
import { handedInQuery, materialQuery } from './queries.ts';
import { grantWords } from './words.ts';
import './grant-report.css';

/** A report to a receiver that takes no calls: built of the records, checked, handed in by a person as a file, and kept. */
export function GrantReportPage() {
  const { locale } = useI18n();
  const t = grantWords[locale];
  const f = useFormat();
  const client = useClient();
  const { org, overview } = useOrg();
  const [search] = useSearchParams();
  const id = useId();
  const today = f.sortable(new Date().toISOString()).slice(0, 10);
  const chosen = { form: formOf(search), span: spanOf(search, today), only: chosenOf(search) };
  const { form, span, only } = chosen;
  const integrations = only && (overview.data ?? []).filter(({ slug }) => only.includes(slug)).map(({ integration_id: integration }) => integration);
  const handedIn = useQuery(handedInQuery(client, org.id));
  const lock = handedIn.data && lockOf(form.scheme, span, handedIn.data);
  const isFree = lock === null && (only === null || overview.data !== undefined);
  const material = useQuery({ ...materialQuery(client, org.id, form, span, integrations), enabled: isFree });
  return (
    <Page title={`${t.title}: ${t.span(f.date(span.from), f.date(span.to))}`} crumbs={[[paths.overview(org.slug), org.name]]}>
      <p>{t.what}</p>
      <p className="muted">{t.notThis} <Link href={`${paths.report(org.slug)}?from=${span.from}&to=${span.to}`}>{t.report}</Link></p>
      <Choice chosen={chosen} sources={material.data?.sources ?? []} today={today} />
      <p className="note">{form.source[locale]}</p>
      <Loaded query={handedIn}>
        {(reports) => (lock ? <Locked report={lock.of} form={form} isSame={lock.isSame} /> : (
          <Loaded query={material}>
            {(found) => (
              <Builder
                key={`${formKey(form)} ${span.from} ${span.to}`} chosen={chosen} integrations={integrations} material={found} handedIn={reports} today={today}
              />
            )}
          </Loaded>
        ))}
      </Loaded>
      <section className="card stack" aria-labelledby={`${id}-history`}>
        <h2 id={`${id}-history`}>{t.history}</h2>
        <Loaded query={handedIn}>{(reports) => <History rows={reports} />}</Loaded>
      </section>
    </Page>
  );
}
