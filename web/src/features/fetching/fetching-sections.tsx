import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { Loaded } from '../../components/loaded.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { usePolling } from '../../lib/live.ts';
import { useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import { ConnectionSection } from './connection-section.tsx';
import './fetching.css';
import { signalsQuery, streamStatesQuery } from './queries.ts';
import type { Signal } from './queries.ts';
import { SignalItem } from './signal-item.tsx';
import { StreamItem } from './stream-item.tsx';
import { useFetchingWords } from './use-words.ts';

const LAG = 'data_lag_minutes';
const RANK: Record<string, number> = { critical: 0, warning: 1 };

/** Out of bounds first. */
const worstFirst = (signals: readonly Signal[]): Signal[] => signals.toSorted((a, b) => (RANK[a.past ?? ''] ?? 2) - (RANK[b.past ?? ''] ?? 2));

/** The connection, and where there are any: what is fetched, and what is measured. */
export function FetchingSections({ integration }: { integration: IntegrationRow }) {
  const words = useFetchingWords();
  const client = useClient();
  const id = useId();
  const { org, active } = useOrg();
  const polling = usePolling(active);
  const streams = useQuery({ ...streamStatesQuery(client, org.id, integration.integration_id), ...polling });
  const signals = useQuery({ ...signalsQuery(client, org.id, integration.integration_id), ...polling });
  const lags = signals.data?.filter(({ name }) => name === LAG) ?? [];
  const measured = signals.data?.filter(({ name }) => name !== LAG) ?? [];
  return (
    <>
      <ConnectionSection integration={integration} />
      {(streams.isError || Boolean(streams.data?.length)) && (
        <section className="card stack" aria-labelledby={`${id}-streams`}>
          <h2 id={`${id}-streams`}>{words.streams}</h2>
          <Loaded query={streams}>
            {(states) => (
              <ul className="plain streams">
                {states.map((state) => (
                  <StreamItem key={state.stream} state={state} lags={lags.find(({ about }) => about === state.stream)} integration={integration} />
                ))}
              </ul>
            )}
          </Loaded>
        </section>
      )}
      {(signals.isError || measured.length > 0) && (
        <section className="card stack" aria-labelledby={`${id}-signals`}>
          <h2 id={`${id}-signals`}>{words.signals}</h2>
          <p className="muted">{words.signalsWhat}</p>
          <Loaded query={signals}>
            {() => (
              <ul className="plain streams">
                {worstFirst(measured).map((signal) => <SignalItem key={`${signal.name} ${signal.about}`} signal={signal} />)}
              </ul>
            )}
          </Loaded>
        </section>
      )}
    </>
  );
}
