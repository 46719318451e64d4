import { useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { useT } from '../../lib/i18n.tsx';
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
  const t = useT();
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
