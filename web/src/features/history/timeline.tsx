import { Link, useSearchParams } from 'wouter';
import { useFixT } from '../../lib/fix-words.ts';
import { paths, useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import type { View } from './address.ts';
import { changedAddress } from './address.ts';
import { wayOf } from './bar-text.ts';
import { HappeningRow } from './happening-row.tsx';
import { HISTORY_PAGE } from './queries.ts';
import type { Happening } from './queries.ts';
import { useHistoryWords } from './use-words.ts';

/** Everything that happened, newest first, in one table: runs in its columns, the rest across them. */
export function Timeline({ rows, view, integration }: { rows: readonly Happening[]; view: View; integration: IntegrationRow }) {
  const t = useFixT();
  const words = useHistoryWords();
  const { org } = useOrg();
  const [search] = useSearchParams();
  const to = (before: string | undefined): string =>
    `${paths.integration(org.slug, integration.slug)}?${changedAddress(search, before === undefined ? {} : { before })}`;
  const last = rows.length === HISTORY_PAGE ? rows.at(-1) : undefined;
  const c = t.history.columns;
  const way = wayOf(integration);
  const heads = [[c.status], [c.duration, 'num'], [words.read[way], 'num'], [words.key.sent[way], 'num'], [words.key.failed, 'num'], [c.other], [c.trigger]] as const;
  if (rows.length === 0) return <p>{words.nothing[view.kind]}</p>;
  return (
    <>
      <table role="table" className="table timeline">
        <caption>{words.list}</caption>
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" role="columnheader">{c.started}</th>
            {heads.map(([head, name]) => <th key={head} scope="col" role="columnheader" className={name}>{head}</th>)}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => <HappeningRow key={row.key} row={row} integration={integration} columns={heads.length} />)}
        </tbody>
      </table>
      <nav className="row start" aria-label={words.list}>
        {view.before && <Link href={to(undefined)}>{words.newest}</Link>}
        {last ? <Link href={to(`${new Date(last.first_at).toISOString()}~${last.first_key}`)}>{words.older}</Link> : <p className="muted">{words.end}</p>}
      </nav>
    </>
  );
}
