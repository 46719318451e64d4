import { useId } from 'react';
import { printable } from '../lib/printable.ts';

/** Another system's words, verbatim: as text, wrapped, in its own language, scrolling when very long. */
export function VendorText({ label, text }: { label: string; text: string }) {
  const id = useId();
  return (
    <div className="vendor">
      <p className="vendor-label" id={id}>{label}</p>
      {/* Focusable, so that a long answer can be scrolled by keyboard. */}
      <pre lang="en" tabIndex={0} role="group" aria-labelledby={id}>{printable(text)}</pre>
    </div>
  );
}
