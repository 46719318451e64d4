import type { ButtonHTMLAttributes } from 'react';
import { say } from '../lib/toasts.ts';

type ActionButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> & {
  /** Why the button is off; null when it is on. It stays reachable, and says so when pressed. */
  off?: string | null;
  pending?: boolean;
  primary?: boolean;
};

/** A button that never just goes grey: off, it can still be found, and it says why. */
export function ActionButton({ off = null, pending = false, primary = false, onClick, className, ...rest }: ActionButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={[primary ? 'primary' : '', className ?? ''].join(' ').trim() || undefined}
      title={off ?? rest.title}
      aria-disabled={off !== null || pending || undefined}
      onClick={(event) => {
        if (off !== null || pending) {
          event.preventDefault();
          if (off !== null) say({ tone: 'why', text: off });
          return;
        }
        onClick?.(event);
      }}
    />
  );
}
