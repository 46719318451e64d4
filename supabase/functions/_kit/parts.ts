import type { ClaimedRecord } from './store.ts';
import { putBack } from './send.ts';
import type { Step, Target } from './send.ts';

/** Which of several answers decides how the run goes on. */
const WEIGHT: Record<Step['kind'], number> = { moved: 0, trouble: 1, pause: 2, stop: 3 };

/**
 * Works off what was claimed in requests of the size the system takes, as many at a time as it allows. The first answer that is
 * more than "moved on" holds all of them: what is out is waited for, what is not yet out is put back unsent.
 */
export async function inParts(target: Target, claimed: ClaimedRecord[], work: (target: Target, part: ClaimedRecord[]) => Promise<Step>): Promise<Step> {
  const { batchSize, concurrency = 1 } = target.connector;
  let begun = 0;
  let result: Step = { kind: 'moved' };
  let broken = false;

  async function lane(): Promise<void> {
    while (begun < claimed.length && result.kind === 'moved' && !broken && (begun === 0 || !target.isOver())) {
      const part = claimed.slice(begun, begun + batchSize);
      begun += part.length;
      try {
        const step = await work(target, part);
        result = graver(result, step);
      } catch (error) {
        broken = true;
        throw error;
      }
    }
  }

  const lanes = await Promise.allSettled(Array.from({ length: Math.min(concurrency, Math.ceil(claimed.length / batchSize)) }, lane));
  const failed = lanes.find((one) => one.status === 'rejected');
  // A lost lease: what was under way is the next slice's to ask about.
  if (failed) throw failed.reason;
  if (begun < claimed.length) await target.settle(claimed.slice(begun).map(putBack));
  return result;
}

function graver(one: Step, other: Step): Step {
  if (one.kind === 'pause' && other.kind === 'pause') return one.seconds >= other.seconds ? one : other;
  return WEIGHT[other.kind] > WEIGHT[one.kind] ? other : one;
}
