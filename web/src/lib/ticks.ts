import type { StatusKind } from './status.ts';

const HEIGHTS: Partial<Record<StatusKind, number>> = { ok: 0.6, warning: 0.8, error: 1 };
const STUB = 0.1;

export const TICK = { slots: 30, width: 4, pitch: 6, height: 28 };

/** One path per status, so that thirty ticks cost four elements. Slots without a run are stubs, to the left. */
export function tickPaths(kinds: readonly StatusKind[]): { kind: StatusKind | 'none'; d: string }[] {
  const shown = kinds.slice(-TICK.slots);
  const slots: (StatusKind | 'none')[] = [...Array<'none'>(TICK.slots - shown.length).fill('none'), ...shown];
  const paths = new Map<StatusKind | 'none', string>();
  slots.forEach((kind, i) => {
    const share = kind === 'none' ? STUB : HEIGHTS[kind] ?? STUB * 3;
    const height = Math.round(TICK.height * share);
    const d = `M${i * TICK.pitch} ${TICK.height - height}h${TICK.width}v${height}h-${TICK.width}z`;
    paths.set(kind, (paths.get(kind) ?? '') + d);
  });
  return [...paths].map(([kind, d]) => ({ kind, d }));
}

/** Which of `count` bars a key leads to; `null` lets go, `undefined` is not a key of ours. */
export function stepBar(key: string, at: number | null, count: number): number | null | undefined {
  const last = count - 1;
  if (last < 0) return undefined;
  switch (key) {
    case 'ArrowLeft': return at === null ? last : Math.max(0, at - 1);
    case 'ArrowRight': return at === null ? last : Math.min(last, at + 1);
    case 'Home': return 0;
    case 'End': return last;
    case 'Escape': return at === null ? undefined : null;
    default: return undefined;
  }
}
