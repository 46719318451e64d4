import { Facts } from '../../components/facts.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { Time } from '../../components/time.tsx';
import { useFormat, useT } from '../../lib/i18n.tsx';
import { printable } from '../../lib/printable.ts';
import { measureText } from './measure.ts';
import type { Signal } from './queries.ts';
import { Sparkline } from './sparkline.tsx';
import { useFetchingWords } from './use-words.ts';

/** One measured number: what it is now, its bounds, since when it is past them, and its last thirty days. */
export function SignalItem({ signal }: { signal: Signal }) {
  const words = useFetchingWords();
  const f = useFormat();
  const t = useT();
  const { value, unit, warning, critical, is_floor: floor, past } = signal;
  const text = (number: number | null | undefined): string => (number == null ? '' : measureText(number, unit, f, words));
  const base = t.signalNames[signal.name] ?? printable(signal.name);
  const name = signal.about ? words.about(base, printable(signal.about)) : base;
  const bounds = (floor ? words.least : words.most)(text(warning), text(critical));
  const pastWord = past && ((floor ? words.pastFloor : words.past)[past] ?? past);
  return (
    <li className="stack stream">
      <div className="row">
        <h3>{name}</h3>
        {bounds !== '' && <StatusPill kind={past === 'critical' ? 'error' : past ? 'warning' : 'ok'} word={pastWord || words.inside} />}
      </div>
      <Facts of={[
        [words.value, <strong key="value">{text(value)}</strong>],
        [words.bound, bounds || words.noBound],
        [pastWord || '', past && signal.past_since && words.since(f.dateTime(signal.past_since))],
        [words.measured, <Time key="at" iso={signal.at} as="both" />],
      ]} />
      <Sparkline name={name} days={signal.days} unit={unit} />
    </li>
  );
}
