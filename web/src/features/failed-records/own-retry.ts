// The retry this page has just ordered: its card takes the focus when it appears, nobody else's does.
let expected: string | null = null;

export function expectRetry(id: string | null | undefined): void {
  expected = id ?? null;
}

/** Whether this is the retry ordered here; true once. */
export function isOwnRetry(id: string): boolean {
  if (expected !== id) return false;
  expected = null;
  return true;
}
