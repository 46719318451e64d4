import type { HandedIn } from './spending.ts';
import { ACCOUNTS, COST_CENTERS } from './vendors.ts';

const KINDS = ['samtale', 'gruppe', 'kurs', 'besøk', 'annet'];
const MUNICIPALITIES = ['0301', '1103', '4601', '5001', '5501'];
const CLEAN_MONTHS = 12;

/** What a receiver of grant reports asks of an activity and Xledger has no place for. */
export const UNBOOKED = { activity: 'none', participants: 'none', hours: 'none', municipality: 'none' };

/** What a grant report would stumble over, on top of an activity that is in order. Xledger does not look at any of it. */
const FAULTS: Record<string, string>[] = [{ participants: '' }, { municipality: '301' }, { activity: 'fest' }];

/**
 * Made-up activities with what they cost, as a grant report asks for them: two a month for the year up to the last whole quarter before
 * `now`, and nine in that quarter, of which three are not as the form wants them.
 */
export function activitiesUntil(now: Date): HandedIn[] {
  const quarter = Math.floor(now.getUTCMonth() / 3) * 3 - 3;
  const dayOf = (months: number, day: number): string => new Date(Date.UTC(now.getUTCFullYear(), quarter + months, day)).toISOString().slice(0, 10);
  const clean = Array.from({ length: CLEAN_MONTHS * 2 }, (_, n) => activity(n, dayOf(Math.floor(n / 2) - CLEAN_MONTHS, 4 + (n % 2) * 13)));
  const last = Array.from({ length: 9 }, (_, n) => activity(clean.length + n, dayOf(Math.floor(n / 3), 5 + (n % 3) * 9), FAULTS[n - 6]));
  return [...clean, ...last];
}

function activity(n: number, day: string, fault: Record<string, string> = {}): HandedIn {
  const id = `A-${String(n + 1).padStart(4, '0')}`;
  const kind = KINDS[n % KINDS.length] ?? '';
  return {
    source_type: 'activity',
    source_id: id,
    payload: {
      account: ACCOUNTS[n % ACCOUNTS.length] ?? '', costCenter: COST_CENTERS[n % COST_CENTERS.length] ?? '', postingDate: day, documentNumber: id, description: kind,
      activity: kind, participants: String(3 + (n * 7) % 22), hours: `${1 + (n % 4)}.50`, municipality: MUNICIPALITIES[n % MUNICIPALITIES.length] ?? '', ...fault,
    },
    amount: `${450 + (n * 317) % 2_900}.${String((n * 37) % 100).padStart(2, '0')}`,
    currency: 'NOK',
    occurred_on: day,
    label: `${kind[0]?.toUpperCase()}${kind.slice(1)} ${id}`,
  };
}
