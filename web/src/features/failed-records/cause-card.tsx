import { useId } from 'react';
import { Link } from 'wouter';
import { Time } from '../../components/time.tsx';
import { VendorText } from '../../components/vendor-text.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { Cause } from '../../lib/record-rows.ts';
import { saidBy } from '../../lib/said-by.ts';
import { RetryButton } from './retry-button.tsx';
import type { MappingHint } from './correction-draft.ts';
import { LastFix } from './last-fix.tsx';
import { WhatToDo } from './what-to-do.tsx';

const VALUES_SHOWN = 8;

/** Where a correction would go: our own field where it is known, else the name the system used. */
export function mappingHint(cause: Pick<Cause, 'payload_field' | 'field' | 'offending' | 'offending_values'> | null): MappingHint | null {
  const field = cause?.payload_field || cause?.field;
  return cause && field ? { field, values: cause.offending, more: Math.max(0, cause.offending_values - cause.offending.length) } : null;
}

function Offending({ cause, all }: { cause: Cause; all: boolean }) {
  const t = useFixT();
  const f = useFormat();
  const shown = all ? cause.offending : cause.offending.slice(0, VALUES_SHOWN);
  const rest = Math.max(cause.offending_values, cause.offending.length) - shown.length;
  if (shown.length === 0) return null;
  return (
    <div>
      <p className="vendor-label">{t.failed.offending}</p>
      <ul className="plain values">
        {shown.map(({ value, records }) => (
          <li key={value}><code>{printable(value)}</code> <span className="muted">{f.number(records)}</span></li>
        ))}
        {rest > 0 && <li className="muted">{t.failed.offendingMore(rest)}</li>}
      </ul>
    </div>
  );
}

type CauseCardProps = { cause: Cause; integration: IntegrationRow; linked?: boolean; among?: readonly string[] };

/** Records that fail for one reason: how many, how much, which values, since when; retried together. */
export function CauseCard({ cause, integration, linked = true, among }: CauseCardProps) {
  const t = useFixT();
  const f = useFormat();
  const { org } = useOrg();
  const id = useId();
  const field = cause.payload_field || cause.field;
  const href = paths.cause(org.slug, integration.slug, cause.id);
  const hint = mappingHint(cause);
  const order = { integration, scope: { kind: 'cause', cause: cause.id }, count: cause.open_records } as const;
  // On its own page it comes right below the title.
  const Heading = linked ? 'h3' : 'h2';
  return (
    <article className="cause" aria-labelledby={id}>
      <div className="row">
        <Heading id={id}>
          {field ? <code>{printable(field)}</code> : t.failed.noField}
          {' · '}{t.records(cause.open_records)}
          {cause.amounts.length > 0 && <> · {f.amounts(cause.amounts)}</>}
        </Heading>
        {cause.open_records > 0 && (
          <div className="row">
            {hint && <RetryButton {...order} hint={hint} fix label={t.fix.cause(cause.open_records)} />}
            <RetryButton {...order} hint={hint} label={t.retry.some(cause.open_records)} />
          </div>
        )}
      </div>
      <VendorText label={saidBy(t, integration.system, cause.code)} text={cause.sample || cause.template || t.integration.noMessage} />
      <Offending cause={cause} all={!linked} />
      <WhatToDo
        system={integration.system}
        refusal={{ category: cause.category ?? null, code: cause.code ?? null, fields: [cause.payload_field, cause.field] }}
      />
      <LastFix cause={cause.id} integration={integration} among={among} />
      <p className="muted">
        {cause.first_seen && <>{t.failed.firstSeen} <Time iso={cause.first_seen} />. </>}
        {cause.last_seen && <>{t.failed.lastSeen} <Time iso={cause.last_seen} as="relative" />. </>}
        {cause.code && <>{t.integration.code} <code>{printable(cause.code)}</code>. </>}
        {linked && <Link href={href}>{t.failed.seeRecords}</Link>}
      </p>
    </article>
  );
}
