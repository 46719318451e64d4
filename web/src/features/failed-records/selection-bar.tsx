import { useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { ReasonDialog } from '../../components/reason-dialog.tsx';
import { dismissRecords } from '../../lib/actions.ts';
import type { Scope } from '../../lib/actions.ts';
import { useFixT } from '../../lib/fix-words.ts';
import { useOrg } from '../../lib/org.tsx';
import type { IntegrationRow } from '../../lib/rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useOff } from '../../lib/use-off.ts';
import { dismissMatching } from './fix-actions.ts';
import { RetryButton } from './retry-button.tsx';
import type { useSelection } from './use-selection.ts';
import { useRestore } from './use-restore.ts';

type SelectionBarProps = {
  integration: IntegrationRow;
  selection: ReturnType<typeof useSelection>;
  /** What "all that match" means here, and how many that is; null when only the server knows. */
  matching: Scope;
  total: number | null;
  /** Whether there are more than the page shows. */
  more: boolean;
};

type DismissProps = Pick<SelectionBarProps, 'integration' | 'selection' | 'matching'> & { count: number | null };

function DismissChosen({ integration, selection, matching, count }: DismissProps) {
  const t = useFixT();
  const { org } = useOrg();
  const off = useOff();
  const [asking, setAsking] = useState(false);
  const restore = useRestore();
  const some = useAction(dismissRecords, (n, { records }) => ({
    text: t.bulk.dismissed(n), undo: { word: t.closed.undo, act: () => void restore.run({ org: org.id, records }) },
  }));
  const all = useAction(dismissMatching, (n) => t.bulk.dismissed(n));
  const dismiss = async (reason: string): Promise<boolean> => {
    const done = selection.isAll
      ? await all.run({ org: org.id, integration: integration.integration_id, scope: matching, reason })
      : await some.run({ org: org.id, records: [...selection.ids], reason });
    if (done) selection.clear();
    return done;
  };
  return (
    <>
      <ActionButton off={off} onClick={() => setAsking(true)}>{t.bulk.dismiss}</ActionButton>
      {asking && (
        <ReasonDialog
          title={t.bulk.dismissTitle(count)} body={t.bulk.dismissBody} pending={some.pending || all.pending} onClose={() => setAsking(false)}
          choices={[{ word: t.record.dismissDo, act: dismiss }]}
        />
      )}
    </>
  );
}

/** What can be done with the chosen records; Esc lets them go. */
export function SelectionBar({ integration, selection, matching, total, more }: SelectionBarProps) {
  const t = useFixT();
  const { ids, isAll } = selection;
  const count = isAll ? total : ids.size;
  const said = isAll ? t.bulk.allChosen(total) : t.failed.selected(ids.size);
  return (
    <div
      className="row selection" role="toolbar" aria-label={said}
      onKeyDown={(event) => {
        // A dialog opened from here keeps its own Esc.
        if (event.key === 'Escape' && !(event.target as Element).closest('dialog')) selection.clear();
      }}
    >
      <strong>{said}</strong>
      <RetryButton
        integration={integration} scope={isAll ? matching : { kind: 'records', records: [...ids] }} count={count}
        label={count === null ? t.bulk.retryAll : t.retry.chosen(count)}
      />
      <DismissChosen integration={integration} selection={selection} matching={matching} count={count} />
      {more && !isAll && <button type="button" className="quiet" onClick={selection.chooseAll}>{t.bulk.allMatching(total)}</button>}
      <button type="button" className="quiet" onClick={selection.clear}>{t.failed.clear}</button>
    </div>
  );
}
