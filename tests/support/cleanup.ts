import { afterAll, onTestFinished } from 'vitest';

const closers: (() => Promise<void>)[] = [];

/** Runs `close` when the test that asks for it is finished, or after the file's last test when asked for elsewhere. */
export function atEnd(close: () => Promise<void>): void {
  const once = oneTime(close);
  closers.push(once);
  try {
    onTestFinished(once);
  } catch {
    // Not inside a test: the hook below closes it.
  }
}

// Loaded as a setup file: hooks of a setup file run after those of the test file, whether its tests passed or not.
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function oneTime(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | null = null;
  return () => (closing ??= close());
}
