type Choice = 'locale' | 'theme' | 'hidden-retry' | 'signed-out' | 'next';

const keyOf = (choice: Choice): string => `syncward-${choice}`;

/** A choice kept in this browser. Storage may be forbidden; then it lasts as long as the page. */
export function remember(choice: Choice, value: string): void {
  try {
    localStorage.setItem(keyOf(choice), value);
  } catch {
    // Private windows may refuse to store; the choice still holds until the page closes.
  }
}

export function recall(choice: Choice): string | null {
  try {
    return localStorage.getItem(keyOf(choice));
  } catch {
    return null;
  }
}
