import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useOrg } from '../../lib/org.tsx';
import { ChangesTable } from './changes-table.tsx';
import { fieldChanges } from './content-changes.ts';
import { previewRetry } from './fix-actions.ts';
import type { Preview, PreviewOrder } from './fix-actions.ts';
import { nameOf } from './name-of.ts';

/** What would be sent, asked of the server; null asks nothing. */
export function usePreview(order: PreviewOrder | null) {
  const client = useClient();
  const { org } = useOrg();
  return useQuery({
    queryKey: ['org', org.id, 'preview', order],
    queryFn: () => (order ? previewRetry(client, org.id, order) : null),
    enabled: order !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** How many records are corrected and, of a few, every field as it is and as it would be sent. */
export function PreviewView({ preview }: { preview: Preview }) {
  const t = useFixT();
  if (preview.corrected === 0) return <p className="strong">{t.fix.previewNone}</p>;
  const examples = preview.sample.map((one) => ({ ...one, changes: fieldChanges(one.before, one.after) }))
    .filter(({ changes }) => changes.some(({ changed }) => changed));
  return (
    <div className="stack">
      <p>{t.fix.previewCounts(preview.corrected, preview.records - preview.corrected)}</p>
      {examples.map((one) => <ChangesTable key={one.id} caption={t.fix.example(nameOf(one))} changes={one.changes} />)}
    </div>
  );
}
