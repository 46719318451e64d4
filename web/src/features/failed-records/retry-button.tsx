import { useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useOff } from '../../lib/use-off.ts';
import { RetryDialog } from './retry-dialog.tsx';
import type { RetryDialogProps } from './retry-dialog.tsx';

type RetryButtonProps = Omit<RetryDialogProps, 'onClose' | 'hint'> & {
  label: string;
  primary?: boolean;
  hint?: RetryDialogProps['hint'];
};

/** Opens the question that comes before a retry. */
export function RetryButton({ label, primary, hint = null, ...order }: RetryButtonProps) {
  const t = useFixT();
  const [open, setOpen] = useState(false);
  const forbidden = useOff();
  const off = forbidden ?? (order.integration.enabled ? null : t.integration.syncOff);
  return (
    <>
      <ActionButton primary={primary} off={off} onClick={() => setOpen(true)}>{label}</ActionButton>
      {open && <RetryDialog {...order} hint={hint} onClose={() => setOpen(false)} />}
    </>
  );
}
