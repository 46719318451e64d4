import type { ClaimedRecord, SettledOutcome, Store } from '../../supabase/functions/_kit/store.ts';
import type { Books } from './books.ts';
import * as model from './model.ts';
import type { World } from './world.ts';

export type Watcher = {
  read: () => Promise<Books>;
  note: (before: Books, after: Books) => void;
  /** What was not as predicted: whoever called the store may take any error for a fault of its own. */
  tell: (fault: unknown) => void;
};

/**
 * The store of a run, with every call held against the model: what it was given, what it answered, and the books before and after.
 * A call that is refused because the lease is lost must have changed nothing.
 */
export function watchedStore(world: World, run: number, watcher: Watcher): Store {
  const { read, note, tell } = watcher;
  const store = world.store(run);
  const now = (): number => world.clock().getTime();

  async function watch<T>(what: string, call: () => Promise<T>, predict: (before: Books, answer: T) => model.Prediction): Promise<T> {
    const before = await read();
    let predicted = (): model.Prediction => model.nothing(before);
    try {
      const answer = await call();
      predicted = () => predict(before, answer);
      return answer;
    } finally {
      const after = await read();
      note(before, after);
      try {
        model.expectBooks(after, predicted(), what);
      } catch (fault) {
        tell(fault);
      }
    }
  }

  const claimed = (before: Books, told: model.Prediction, states: string[], batch: number, given: ClaimedRecord[]): model.Prediction =>
    model.claim(before, told, { run, states, batch, at: now() }, given);

  return {
    ...store,
    beginSlice: (input) => watch('begin', () => store.beginSlice(input), (before, begun) => model.beginSlice(before, run, begun !== null)),
    claim: (token, states, batch) => watch('claim', () => store.claim(token, states, batch),
      (before, given) => claimed(before, model.nothing(before), states, batch, given)),
    settle: (token, outcomes: SettledOutcome[]) => watch('settle', () => store.settle(token, outcomes),
      (before) => model.settle(before, run, outcomes, now())),
    settleAndClaim: (token, outcomes, states, batch) => watch('settle and claim', () => store.settleAndClaim(token, outcomes, states, batch),
      (before, given) => claimed(before, model.settle(before, run, outcomes, now()), states, batch, given)),
    endSlice: (token, end) => watch('end', () => store.endSlice(token, end), (before) => model.endSlice(before, run)),
  };
}
