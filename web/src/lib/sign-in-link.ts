/** What a link in a mail of Auth carries. The page hands it to Auth only when somebody presses the button. */
export type SignInLink = { hash: string; type: 'magiclink' | 'signup' };

/**
 * Reads the link out of the part of an address after `#`, which no server and no other site is told. Anything else that
 * may stand there, a session of somebody's among it, is nothing to this page.
 */
export function readLink(fragment: string): SignInLink | null {
  const parts = new URLSearchParams(fragment.startsWith('#') ? fragment.slice(1) : '');
  const [hash, type] = [parts.get('link') ?? '', parts.get('type')];
  return /^[\w-]{6,200}$/.test(hash) && (type === 'magiclink' || type === 'signup') ? { hash, type } : null;
}

const WAITS_MS = 3_600_000;

/** Where somebody wanted to go when they asked for a link, kept for as long as the link is good. */
export const keepNext = (next: string, now: number): string => `${now} ${next}`;

export function keptNext(kept: string | null, now: number): string | null {
  const [, at, next] = /^(\d+) (.*)$/s.exec(kept ?? '') ?? [];
  return next !== undefined && now - Number(at) < WAITS_MS ? next : null;
}
