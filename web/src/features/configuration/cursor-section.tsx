import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { ReasonDialog } from '../../components/reason-dialog.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { useFormat } from '../../lib/i18n.tsx';
import { usePolling } from '../../lib/live.ts';
import { clearCursor } from '../../lib/manage-actions.ts';
import { streamsQuery } from '../../lib/manage-queries.ts';
import type { Stream } from '../../lib/manage-rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import { useOff } from '../../lib/use-off.ts';

function StreamItem({ stream, integration }: { stream: Stream; integration: IntegrationRow }) {
  const f = useFormat();
  const words = useManageWords().cursor;
  const off = useOff();
  const { org } = useOrg();
  const [asking, setAsking] = useState(false);
  const clear = useAction(clearCursor, () => words.cleared);
  const { stream: name, rows, as_of: asOf, cursor } = stream;
  const order = { org: org.id, integration: integration.integration_id, stream: name };
  return (
    <li className="row">
      <p><strong>{name}</strong>: {words.rows(rows)}{asOf && `, ${words.upTo(f.dateTime(asOf))}`}</p>
      <ActionButton off={off ?? (cursor ? null : words.atStart)} aria-label={`${words.clear} ${name}`} onClick={() => setAsking(true)}>
        {words.clear}
      </ActionButton>
      {asking && (
        <ReasonDialog
          title={words.clearTitle(name)} body={words.clearBody(rows)} pending={clear.pending} onClose={() => setAsking(false)}
          choices={[{ word: words.clearDo, act: (reason) => clear.run({ ...order, reason }) }]}
        />
      )}
    </li>
  );
}

/** How far each stream has been fetched, and what it costs to begin again. Nothing where nothing is fetched. */
export function CursorSection({ integration }: { integration: IntegrationRow }) {
  const words = useManageWords().cursor;
  const client = useClient();
  const id = useId();
  const { org, active } = useOrg();
  const query = useQuery({ ...streamsQuery(client, org.id, integration.integration_id), ...usePolling(active) });
  if (integration.direction !== 'pull' && query.data?.length === 0) return null;
  return (
    <section className="card stack" aria-labelledby={id}>
      <h2 id={id}>{words.title}</h2>
      <Loaded query={query}>
        {(streams) => (streams.length === 0 ? <p>{words.none}</p> : (
          <ul className="plain stack">
            {streams.map((stream) => <StreamItem key={stream.stream} stream={stream} integration={integration} />)}
          </ul>
        ))}
      </Loaded>
    </section>
  );
}
