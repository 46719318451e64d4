import type { StatusKind } from '../lib/status.ts';

// Each status has its own outline, so that it can be told without colour and in print.
const SHAPES: Record<StatusKind, { outline?: string; filled?: string }> = {
  ok: { filled: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.7 5.2-4.4 5a.8.8 0 0 1-1.2 0L4.2 9.1l1.2-1.1 1.3 1.4 3.8-4.3z' },
  warning: { filled: 'M8 1.1 15.4 14.5H.6ZM7.2 6v4.2h1.6V6Zm0 5.4V13h1.6v-1.6Z' },
  error: {
    filled: 'M5 1h6l4 4v6l-4 4H5l-4-4V5Zm.7 3.6L4.6 5.7 6.9 8l-2.3 2.3 1.1 1.1L8 9.1l2.3 2.3 1.1-1.1L9.1 8'
      + 'l2.3-2.3-1.1-1.1L8 6.9Z',
  },
  off: { filled: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1ZM5.4 5h1.8v6H5.4Zm3.4 0h1.8v6H8.8Z' },
  maintenance: { filled: 'M14 4.5 11.3 7.2 8.8 4.7 11.5 2A4.2 4.2 0 0 0 6.2 7.4L1.4 12.2l2.4 2.4 4.8-4.8A4.2 4.2 0 0 0 14 4.5Z' },
  waiting: { outline: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM8 4.5V8l2.5 1.8' },
  unknown: { outline: 'M6.2 6.3a1.9 1.9 0 1 1 2.7 1.7c-.6.3-.9.6-.9 1.2M8 11.3v.4' },
};

/** The shape of a status; the word stands beside it. */
export function StatusIcon({ kind }: { kind: StatusKind }) {
  const { filled, outline } = SHAPES[kind];
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      {filled && <path d={filled} fill="currentColor" fillRule="evenodd" />}
      {outline && <path d={outline} className="icon-line" />}
      {kind === 'unknown' && <circle cx="8" cy="8" r="6.6" className="icon-line icon-dashed" />}
    </svg>
  );
}

export function BellIcon() {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path className="icon-line" d="M8 1.7v1M3.5 11.5V7.2a4.5 4.5 0 0 1 9 0v4.3l1.2 1.3H2.3ZM6.5 14.3h3" />
    </svg>
  );
}

export function ClockIcon() {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path className="icon-line" d={SHAPES.waiting.outline} />
    </svg>
  );
}

export function Chevron() {
  return (
    <svg className="icon chevron" viewBox="0 0 16 16" aria-hidden="true">
      <path className="icon-line" d="m6 3.5 4.5 4.5L6 12.5" />
    </svg>
  );
}

export function MenuIcon() {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path className="icon-line" d="M2.5 4h11M2.5 8h11M2.5 12h11" />
    </svg>
  );
}

export function PersonIcon() {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path className="icon-line" d="M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 14.2a5.6 5.6 0 0 1 11 0" />
    </svg>
  );
}
