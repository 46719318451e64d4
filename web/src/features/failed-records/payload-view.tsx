import { useMemo } from 'react';
import { useFixT } from '../../lib/fix-words.ts';
import { payloadLines } from '../../lib/payload.ts';
import { printable } from '../../lib/printable.ts';

/** What was sent, as it was sent, with the refused field marked by more than colour. */
export function PayloadView({ payload, field }: { payload: unknown; field: string | null }) {
  const t = useFixT();
  const { lines, isCut } = useMemo(() => payloadLines(payload, field), [payload, field]);
  const first = lines.findIndex(({ offending }) => offending);
  return (
    <>
      {first >= 0 && <p className="muted">{t.record.sentHint}</p>}
      <pre className="payload" tabIndex={0} role="group" aria-label={t.record.sent}>
        {lines.map(({ depth, text, offending }, i) => {
          const line = `${'  '.repeat(depth)}${printable(text)}`;
          // Lines of a payload have no identity but their place.
          return offending
            ? <mark key={i}>{i === first && <span className="mark-flag">{t.record.mark}</span>}{`${line}\n`}</mark>
            : <span key={i}>{`${line}\n`}</span>;
        })}
      </pre>
      {isCut && <p className="muted">{t.record.sentCut}</p>}
    </>
  );
}
