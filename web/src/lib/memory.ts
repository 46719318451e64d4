type Choice = 'locale' | 'theme' | 'paused' | 'hidden-steps' | 'hidden-retry' | 'signed-out' | 'next';

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

/** Keeps a text for as long as the tab is open; null forgets it. */
export function rememberInTab(name: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(`syncward-${name}`);
    else sessionStorage.setItem(`syncward-${name}`, value);
  } catch {
    // Where storing is forbidden the text lasts as long as the page shows it.
  }
}

export function recallInTab(name: string): string | null {
  try {
    return sessionStorage.getItem(`syncward-${name}`);
  } catch {
    return null;
  }
}
