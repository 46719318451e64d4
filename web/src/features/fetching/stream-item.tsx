import { Link } from 'wouter';
import { ActionButton } from '../../components/action-button.tsx';
import { Facts } from '../../components/facts.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { useFormat } from '../../lib/i18n.tsx';
import { paths, useOrg } from '../../lib/org.tsx';
import { printable } from '../../lib/printable.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useOff } from '../../lib/use-off.ts';
import { acceptShape } from './queries.ts';
import type { Drift, Signal, StreamState } from './queries.ts';
import { Sparkline } from './sparkline.tsx';
import { useFetchingWords } from './use-words.ts';

const MINUTE = 60_000;
const SHOWN = 50;

function Age({ stream }: { stream: StreamState }) {
  const words = useFetchingWords();
  const { is_active: active, lag_minutes: lag, late_after_minutes: late, critical_after_minutes: critical } = stream;
  if (!active) return <StatusPill kind="off" word={words.inactive} />;
  if (lag == null) return <StatusPill kind="ok" word={words.byItself} />;
  if (critical != null && lag >= critical) return <StatusPill kind="error" word={words.late} />;
  return late != null && lag >= late ? <StatusPill kind="warning" word={words.late} /> : <StatusPill kind="ok" word={words.onTime} />;
}

/** What is news about the fields, and the button that makes it the way it should be. */
function Shape({ drift, stream, title, integration }: { drift: Drift; stream: string; title: string; integration: IntegrationRow }) {
  const words = useFetchingWords();
  const { org } = useOrg();
  const off = useOff();
  const accept = useAction(acceptShape, words.accepted);
  const found = Object.entries(drift).sort(([a], [b]) => a.localeCompare(b));
  const typesIn = (types: readonly string[] | null | undefined): string => types?.map((type) => words.types[type] ?? type).join(', ') ?? '';
  return (
    <div className="note drift">
      <p className="strong">{words.drift(found.length)}</p>
      <ul>
        {found.slice(0, SHOWN).map(([field, { kind, was, is }]) => (
          <li key={field}>
            <code>{printable(field)}</code>: {words.driftKinds[kind] ?? kind}
            {kind === 'retyped' ? ` (${words.typeChange(typesIn(was), typesIn(is))})` : typesIn(is ?? was) && ` (${typesIn(is ?? was)})`}
          </li>
        ))}
      </ul>
      <p>{words.acceptMeans}</p>
      <ActionButton
        off={off} pending={accept.pending} aria-label={words.acceptOf(found.length, title)}
        onClick={() => void accept.run({ org: org.id, integration: integration.integration_id, stream })}
      >
        {words.accept(found.length)}
      </ActionButton>
    </div>
  );
}

/** One kind of thing that is fetched: how far, how old, what of its fields is news, and where the next run begins. */
export function StreamItem({ state, lags, integration }: { state: StreamState; lags: Signal | undefined; integration: IntegrationRow }) {
  const words = useFetchingWords();
  const f = useFormat();
  const { org } = useOrg();
  const { stream, cursor, lag_minutes: lag, late_after_minutes: late, critical_after_minutes: critical } = state;
  const title = words.names[stream] ?? printable(stream);
  const minutes = (n: number | null | undefined): string => (n == null ? '–' : f.duration(n * MINUTE));
  const drifted = Object.keys(state.drift).length > 0;
  const next = cursor === null || cursor === undefined ? words.cursorNone
    : `${words.cursorGoesOn(state.cursor_at ? f.dateTime(state.cursor_at) : '')} ${state.is_done ? '' : words.cursorMore}`;
  return (
    <li className="stack stream">
      <div className="row"><h3>{title}{title !== stream && <> <span className="muted">({stream})</span></>}</h3><Age stream={state} /></div>
      <Facts of={[
        [words.facts.asOf, state.as_of && <Time iso={state.as_of} as="both" />],
        [words.facts.lag, lag != null && words.lag(minutes(lag), minutes(late), minutes(critical))],
        [words.facts.page, state.page_at && words.page(f.dateTime(state.page_at), words.posts(state.page_rows ?? 0))],
        [words.facts.rows, f.number(state.rows)],
        [words.facts.cursor, state.is_active && next],
      ]} />
      {lags && <Sparkline name={words.lagDays(title)} days={lags.days} unit="minutes" />}
      {drifted ? <Shape drift={state.drift} stream={stream} title={title} integration={integration} />
        : <p className="muted">{state.learned_at ? words.shapeSame : words.learning}</p>}
      {cursor && (
        <details>
          <summary>{words.cursorText}</summary>
          <p><code className="cursor">{printable(cursor)}</code></p>
          <p><Link href={paths.configuration(org.slug, integration.slug)} aria-label={words.clearOf(title)}>{words.clear}</Link></p>
        </details>
      )}
    </li>
  );
}
