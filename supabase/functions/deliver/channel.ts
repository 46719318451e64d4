import type { Notice, Locale } from '../_kit/messages/notice.ts';
import type { Payload } from './rows.ts';

/**
 * What a channel answers for one sending. Expected failures are verdicts, never throws.
 * - `retry`: it may work later under the same key. `everyone` is true when the channel itself is at fault
 *   (down, out of quota, its key refused), so that trying the next delivery is pointless too.
 * - `refused`: this delivery will never be taken.
 */
export type Verdict =
  | { outcome: 'sent'; providerId: string }
  | { outcome: 'retry'; error: string; retryAfterSeconds?: number; everyone: boolean }
  | { outcome: 'refused'; error: string };

/** A way of reaching people: e-mail today. */
export type Channel = {
  /** Most sendings per second the channel takes. */
  perSecond: number;
  /** Puts a notice into this channel's form; throws when it cannot. */
  render(notice: Notice, locale: Locale): Payload;
  /** Sends once. The same `key` with the same payload never reaches the person twice, however often it is sent. */
  send(letter: { key: string; address: string; payload: Payload }): Promise<Verdict>;
};

/** An error as it may be stored and shown: one line, without keys and addresses, at most 300 characters. */
export function redact(text: string): string {
  return text
    .slice(0, 2_000)
    .replace(/\b(?:re|sb_secret|sb_publishable)_[\w-]+/g, '[key]')
    .replace(/\bBearer\s+\S+/gi, 'Bearer [key]')
    .replace(/[^\s<>"'(),;:`]+@[^\s<>"'(),;:`]+/g, '[address]')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 300);
}
