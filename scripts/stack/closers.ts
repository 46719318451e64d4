import { setTimeout as wait } from 'node:timers/promises';

/** What must be closed again, in the order it was opened. */
export type Closers = (() => Promise<unknown>)[];

const patienceMs = 6000;

/** Closes the last opened first. A part that fails to close, or hangs because another one crashed, does not hold up the rest. */
export async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.splice(0).reverse()) {
    await Promise.race([close().catch(() => undefined), wait(patienceMs, undefined, { ref: false })]);
  }
}
