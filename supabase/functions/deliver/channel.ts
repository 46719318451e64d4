import type { Notice, Locale } from '../_kit/messages/notice.ts';
import type { Payload } from './rows.ts';

/**
 * What a channel answers for one request. Expected failures are verdicts, never throws.
 * - `sent`: an id for each letter, in their order.
 * - `retry`: it may work later under the same key. `everyone` is true when the channel itself is at fault
 *   (down, out of quota, its key refused), so that trying the next delivery is pointless too.
 * - `refused`: this will never be taken.
 * - `apart`: none of several letters was taken because of what is in one of them; each may go alone.
 */
export type Verdict =
  | { outcome: 'sent'; providerIds: string[] }
  | { outcome: 'retry'; error: string; retryAfterSeconds?: number; everyone: boolean }
  | { outcome: 'refused' | 'apart'; error: string };

export type Letter = { address: string; payload: Payload };

/** A way of reaching people: e-mail today. */
export type Channel = {
  /** Most requests per second the channel takes. */
  perSecond: number;
  /** Puts a notice into this channel's form; throws when it cannot. */
  render(notice: Notice, locale: Locale): Payload;
  /** Sends all letters in one request, or none. The same `key` with the same letters never reaches anyone twice, however often it is sent. */
  send(key: string, letters: Letter[]): Promise<Verdict>;
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
