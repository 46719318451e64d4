import { useT } from '../lib/i18n.tsx';
import type { StatusKind } from '../lib/status.ts';
import { StatusIcon } from './icons.tsx';

/** A status told by shape, word and colour. */
export function StatusPill({ kind, word }: { kind: StatusKind; word?: string }) {
  const t = useT();
  return (
    <span className={`pill tone-${kind}`}>
      <StatusIcon kind={kind} />
      {word ?? t.status[kind]}
    </span>
  );
}
