import { useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { useOrg } from '../../lib/org.tsx';
import type { Retry } from '../../lib/record-rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useOff } from '../../lib/use-off.ts';
import { stopRetry } from './fix-actions.ts';

/** Stops a retry under way, after saying how far it has come. */
export function StopButton({ retry }: { retry: Retry }) {
  const t = useFixT();
  const f = useFormat();
  const off = useOff();
  const { org } = useOrg();
  const [asking, setAsking] = useState(false);
  const stop = useAction(stopRetry, ({ not_sent: rest }) => t.progress.stopped(rest));
  const go = async (): Promise<void> => {
    await stop.run({ org: org.id, retry: retry.id });
    setAsking(false);
  };
  return (
    <>
      <ActionButton off={off} onClick={() => setAsking(true)}>{t.progress.stop}</ActionButton>
      {asking && (
        <Dialog title={t.progress.stopTitle} onClose={() => setAsking(false)}>
          <p>{t.progress.stopBody(f.number(retry.exported + retry.failed), f.number(retry.remaining))}</p>
          <div className="row end">
            <button type="button" onClick={() => setAsking(false)}>{t.progress.goOn}</button>
            <ActionButton primary pending={stop.pending} onClick={() => void go()}>{t.progress.stopDo}</ActionButton>
          </div>
        </Dialog>
      )}
    </>
  );
}
