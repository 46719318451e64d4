import { useFormat } from '../lib/i18n.tsx';
import { useNow } from '../lib/now.ts';

const MINUTE_MS = 60_000;

type TimeProps = { iso: string; as?: 'relative' | 'when' | 'dateTime' | 'both' };

/** A moment: its reading by the reader's need, the exact one with weekday and zone on hover, the machine's in `datetime`. */
export function Time({ iso, as = 'dateTime' }: TimeProps) {
  const f = useFormat();
  const minute = useNow(MINUTE_MS);
  // The shared clock stands still for a minute: what happened within it is now, not in the future.
  const at = Date.parse(iso);
  const now = Math.abs(at - minute) < MINUTE_MS ? at : minute;
  const words = {
    relative: () => f.relative(iso, now),
    when: () => f.when(iso, now),
    dateTime: () => f.dateTime(iso),
    both: () => {
      const [full, relative] = [f.dateTime(iso), f.relative(iso, now)];
      return full === relative ? full : `${full} (${relative})`;
    },
  };
  return <time dateTime={iso} title={f.exact(iso)}>{words[as]()}</time>;
}
